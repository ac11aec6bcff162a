"""Blind comparison: two pictures of one photo in random order, without names; the models are named afterwards."""

from collections import Counter
from functools import partial
from http import HTTPStatus
from typing import Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from records.rollouts import blind
from records.rollouts import rollout as records
from records.rollouts.blind import Side
from review.desk.web.errors import RequestError, wants_json
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, read, write

AHEAD: Final = 2
"""Number of pairs on a page: the one that is asked about, and the next one, whose pictures are loaded meanwhile."""
PICTURES: Final = ("input", "left", "right")
"""Pictures of a pair, by the last part of their URL."""
CACHE_CONTROL: Final = "private, max-age=86400"
"""The pictures of a stored pair never change."""


async def show(request: Request) -> Response:
    """The next pair; after the last one the person's answers with the names of the models."""
    number = request.path_params["rollout"]
    rollout = await read(request, partial(records.get, rollout_id=number))
    questions = await read(request, partial(blind.questions, limit=AHEAD, rollout_id=number))
    answers = await read(request, partial(blind.answers, rollout_id=number, person=person_of(request)))
    waiting = (await read(request, blind.waiting)).get(number, 0)
    return render(
        request,
        "pairs.html",
        rollout=rollout,
        questions=questions,
        answers=answers,
        waiting=waiting,
        tally=Counter(answer.model for answer in answers),
        pictures=PICTURES,
    )


async def answer(request: Request, form: FormData) -> Response:
    """Record which picture a person finds better."""
    number, image = request.path_params["rollout"], request.path_params["image"]
    try:
        side = Side(field(form, "better"))
    except ValueError:
        raise RequestError(HTTPStatus.BAD_REQUEST, "better must be left, right or neither") from None
    act = partial(blind.answer, rollout_id=number, image_id=image, side=side, person=person_of(request))
    await write(request, act)
    return _answered(request, number, "noted")


async def undo(request: Request, form: FormData) -> Response:
    """Take back the person's newest answer about this rollout."""
    number = request.path_params["rollout"]
    await write(request, partial(blind.undo, rollout_id=number, person=person_of(request)))
    return _answered(request, number, "undone: the pair waits again")


async def picture(request: Request) -> Response:
    """One picture of a pair as JPEG, at full size."""
    number, image, name = (request.path_params[key] for key in ("rollout", "image", "name"))
    pair = await read(request, partial(blind.get, rollout_id=number, image_id=image))
    if pair is None or name not in PICTURES:
        raise RequestError(HTTPStatus.NOT_FOUND, f"rollout {number} has no picture {name} of image {image}")
    data = await drawing_of(request).compared_picture(getattr(pair, name))
    return Response(data, media_type="image/jpeg", headers={"Cache-Control": CACHE_CONTROL})


def _answered(request: Request, number: int, message: str) -> Response:
    if wants_json(request):
        return JSONResponse({"done": message})
    return RedirectResponse(f"/rollouts/{number}/pairs", HTTPStatus.SEE_OTHER)
