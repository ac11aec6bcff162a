"""The overview, a batch's flagged images, one image with its pictures, and a person's decision."""

import re
from functools import partial
from http import HTTPStatus
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from records import images
from records.queries import reports, review_queue
from records.templates import listed
from review.desk import previews
from review.desk.choices import choices, may_draw
from review.desk.troubles import shown
from review.desk.web.errors import RequestError, wants_json
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import decisions_of, drawing_of, in_thread, line_of, read
from review.desk.wording import in_words, problems
from tasks.context import Context

PAGE_SIZE = 20
"""Images shown on one page."""
IMAGE_ID = re.compile(r"\d{1,18}", re.ASCII)
"""As in the URLs; more digits would overflow the database's integer."""
PICTURE_CACHE_CONTROL = "private, max-age=86400"
"""A picture's URL contains its image's version, so its content never changes."""


async def overview(request: Request) -> Response:
    """All batches with flagged images."""
    queues = await read(request, review_queue.batch_queues)
    templates = await read(request, listed)
    proposed = sum(template["state"] == "proposed" for template in templates)
    waiting = shown(await read(request, partial(reports.troubles, batch_id=None)))
    return render(
        request, "overview.html", queues=queues, proposed=proposed, in_words=in_words, waiting=waiting
    )


async def batch(request: Request) -> Response:
    """The flagged images of a batch, one page at a time; ``?reason=`` filters."""
    reason = request.query_params.get("reason")
    after = request.query_params.get("after", "0")
    if not IMAGE_ID.fullmatch(after):
        raise RequestError(HTTPStatus.BAD_REQUEST, "after must be an image number")
    batch_id = request.path_params["batch"]
    report = await read(request, partial(reports.batch, batch_id=batch_id))
    queues = await read(request, partial(review_queue.batch_queues, batch_id=batch_id))
    query = partial(
        review_queue.page, batch_id=batch_id, reason=reason, after=int(after), limit=PAGE_SIZE + 1
    )
    flagged = await read(request, query)
    return render(
        request,
        "batch.html",
        report=report,
        reasons=queues[0].reasons if queues else {},
        reason=reason,
        images=flagged[:PAGE_SIZE],
        more=flagged[PAGE_SIZE - 1].id if len(flagged) > PAGE_SIZE else None,
        in_words=in_words,
        **card_context(line_of(request)),
    )


async def image(request: Request) -> Response:
    """One image: its card if it is flagged, otherwise its state."""
    number = request.path_params["image"]
    flagged = await read(request, partial(review_queue.one, image_id=number))
    record = await read(request, partial(images.find, image_id=number))
    if record is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no image {number}")
    return render(request, "image.html", image=flagged, record=record, **card_context(line_of(request)))


async def picture(request: Request) -> Response:
    """One picture of a flagged image as JPEG; ``?full=1`` at full size."""
    number, name = request.path_params["image"], request.path_params["name"]
    full = request.query_params.get("full") == "1"
    flagged = await read(request, partial(review_queue.one, image_id=number))
    if flagged is None or not previews.has_preview(flagged, name):
        raise RequestError(HTTPStatus.NOT_FOUND, f"image {number} has no picture {name}")
    data = await drawing_of(request).preview(flagged, name, full=full)
    headers = {"Cache-Control": PICTURE_CACHE_CONTROL} if request.query_params.get("v") else None
    return Response(data, media_type="image/jpeg", headers=headers)


async def decide(request: Request, form: FormData) -> Response:
    """A person's decision. The database guards it as it does the command's: the first of two people wins."""
    number, name = request.path_params["image"], field(form, "choice")
    flagged = await read(request, partial(review_queue.one, image_id=number))
    if flagged is None:
        raise RequestError(HTTPStatus.CONFLICT, f"image {number} is not flagged any more")
    offered = choices(flagged, line_of(request).declarations)
    chosen = next((choice for choice in offered if choice.name == name), None)
    if chosen is None:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"image {number} has no choice {name!r}")
    if flagged.version != field(form, "version"):
        raise RequestError(
            HTTPStatus.CONFLICT,
            f"image {number} was processed again in the meantime: reload the page and look at it again",
        )
    await in_thread(partial(chosen.act, decisions_of(request), number, person_of(request)))
    if wants_json(request):
        return JSONResponse({"image": number, "done": chosen.done})
    return RedirectResponse(f"/batches/{flagged.batch}", HTTPStatus.SEE_OTHER)


def card_context(line: Context) -> dict[str, Any]:
    """Functions that card.html uses."""
    return {
        "previews": previews.previews,
        "choices": partial(choices, transforms=line.declarations),
        "may_draw": partial(may_draw, transforms=line.declarations),
        "problems": problems,
    }
