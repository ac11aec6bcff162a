"""A person's last answers, each of which can be undone."""

from functools import partial
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from records.history import decision_log
from records.history.undo import Undone
from review.desk.web.errors import wants_json
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import decisions_of, in_thread, read

KINDS = {
    "accept": "accepted",
    "keep": "kept as it was",
    "reject": "discarded",
    "requeue": "sent round again",
    "rollback": "rolled back",
}
"""What a decision did to an image, by its kind."""


async def show(request: Request) -> Response:
    """The last answers of the person who is logged in, the newest first."""
    log = await read(request, partial(decision_log.newest, actor=person_of(request)))
    return render(request, "answers.html", log=log, kinds=KINDS)


async def undo(request: Request, form: FormData) -> Response:
    """Undo the person's last answer."""
    undone = await in_thread(partial(decisions_of(request).undo_last, person_of(request)))
    return _answer(request, undone)


async def undo_one(request: Request, form: FormData) -> Response:
    """Undo one answer, to one image or to many, if none about the same image was given after it."""
    act = partial(decisions_of(request).undo_answer, request.path_params["decision"], person_of(request))
    undone = await in_thread(act)
    return _answer(request, undone)


def _answer(request: Request, undone: Undone) -> Response:
    message = f"undone: image {undone.image} is no longer {KINDS.get(undone.kind, undone.kind)}"
    if undone.images > 1:
        message = f"undone: {undone.images} images are no longer {KINDS.get(undone.kind, undone.kind)}"
    elif undone.is_pending:
        message = f"image {undone.image} comes back as soon as the line has finished its step"
    if wants_json(request):
        fields = {"image": undone.image, "images": undone.images, "batch": undone.batch}
        return JSONResponse({**fields, "done": message, "returns": True})
    page = "/answers" if undone.images > 1 else f"/images/{undone.image}"
    return RedirectResponse(page, HTTPStatus.SEE_OTHER)
