"""The page of a batch's spot check: the next picture, the answers, and what they say."""

from functools import partial
from http import HTTPStatus
from typing import Any, Final

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from records.grid import pictures
from records.queries import reports
from records.spot_checks import checks, controls, results
from records.spot_checks.checks import MAX_CONTROL_SHARE, Question, Verdict
from records.spot_checks.tables import spot_checks
from review.desk.grid import bulk
from review.desk.grid.handlers import STATES, beyond
from review.desk.web.errors import RequestError, wants_json
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, read, write
from review.desk.wording import in_words

MAX_PICTURE_SIDE: Final = 1600
"""Maximum long side of a picture that is judged (pixels)."""
PICTURE_CACHE_CONTROL: Final = "private, max-age=3600"
AHEAD: Final = 2
"""Questions that are drawn at once: the picture of the second is loaded while the first is looked at."""


async def show(request: Request) -> Response:
    """The next picture of a batch's spot check, and the results so far."""
    number = request.path_params["batch"]
    report = await read(request, partial(reports.batch, batch_id=number))
    check = await read(request, partial(_check, batch_id=number))
    questions: list[Question] = []
    if check is not None:
        questions = await write(request, partial(_next, batch_id=number, reviewer=person_of(request)))
    summary = await read(request, partial(results.summary, batch_id=number))
    bad = await read(request, partial(pictures.tiles, ids=[each.image for each in summary.bad]))
    return render(
        request,
        "spot_check.html",
        report=report,
        check=check,
        question=questions[0] if questions else None,
        following=questions[1] if len(questions) > 1 else None,
        summary=summary,
        controls=await read(request, controls.listed),
        max_share=MAX_CONTROL_SHARE,
        tiles=bad,
        flagged={},
        choices=await bulk.offered(request, bad, {}),
        states=STATES,
        in_words=in_words,
        beyond=beyond,
    )


async def start(request: Request, form: FormData) -> Response:
    """Begin the spot check of a batch, or change how many controls are mixed in."""
    number = request.path_params["batch"]
    await read(request, partial(reports.batch, batch_id=number))
    try:
        share = float(field(form, "controls")) / 100
    except ValueError:
        raise RequestError(
            HTTPStatus.BAD_REQUEST, "the share of controls must be a number of percent"
        ) from None
    begin = partial(checks.start, batch_id=number, reviewer=person_of(request), control_share=share)
    await write(request, begin)
    return _back(number)


async def answer(request: Request, form: FormData) -> Response:
    """A reviewer's verdict on a picture."""
    number, verdict = request.path_params["question"], field(form, "verdict")
    if verdict not in [each.value for each in Verdict]:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the verdict must be good, bad or unclear")
    question = await read(request, partial(checks.get, question_id=number))
    record = partial(checks.answer, question_id=number, reviewer=person_of(request), verdict=Verdict(verdict))
    await write(request, record)
    if wants_json(request):
        return JSONResponse({"done": verdict})
    return _back(question.batch)


async def undo(request: Request, form: FormData) -> Response:
    """Take back the reviewer's newest answer in this spot check."""
    number = request.path_params["batch"]
    question = await write(request, partial(checks.undo, batch_id=number, reviewer=person_of(request)))
    if wants_json(request):
        return JSONResponse({"question": question, "done": "undone: the picture is shown again"})
    return _back(number)


async def set_control(request: Request, form: FormData) -> Response:
    """Take an image as a control, or no longer."""
    number, kind = field(form, "image").strip(), field(form, "kind")
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise RequestError(HTTPStatus.BAD_REQUEST, "name an image by its number")
    if kind == "none":
        work: Any = partial(controls.remove, image_id=int(number))
    elif kind in ("good", "bad"):
        work = partial(controls.add, image_id=int(number), is_bad=kind == "bad", person=person_of(request))
    else:
        raise RequestError(HTTPStatus.BAD_REQUEST, "a control must be good, bad or none")
    await write(request, work)
    return _back(request.path_params["batch"])


async def picture(request: Request) -> Response:
    """The picture of a question before or after, as JPEG."""
    question = await read(request, partial(checks.get, question_id=request.path_params["question"]))
    places = question.before if request.path_params["side"] == "before" else question.after
    data = await drawing_of(request).stored(places, MAX_PICTURE_SIDE)
    if data is None:
        raise RequestError(
            HTTPStatus.NOT_FOUND, "this picture is no longer there: answer that it cannot be judged"
        )
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": PICTURE_CACHE_CONTROL})


def _check(connection: sa.Connection, batch_id: int) -> sa.Row[Any] | None:
    return connection.execute(sa.select(spot_checks).where(spot_checks.c.batch_id == batch_id)).one_or_none()


def _next(connection: sa.Connection, batch_id: int, reviewer: str) -> list[Question]:
    """The next questions; the first is shown from now on."""
    questions = checks.open_questions(connection, batch_id, reviewer, AHEAD)
    if questions:
        checks.mark_shown(connection, questions[0].id)
    return questions


def _back(number: int) -> Response:
    return RedirectResponse(f"/batches/{number}/spot-checks", HTTPStatus.SEE_OTHER)
