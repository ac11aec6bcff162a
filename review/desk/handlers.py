"""A batch's flagged images with their pictures, and a person's decision."""

import re
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from records import images
from records.queries import reports, review_queue
from records.queries.review_queue import FlaggedImage
from review.desk import batch_controls, cards, previews
from review.desk.cards import Card
from review.desk.choices import CHOSEN, SMALLER, Choice, choices
from review.desk.web.errors import RequestError, wants_json
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import decisions_of, drawing_of, in_thread, line_of, read
from review.desk.wording import in_words

PAGE_SIZE = 20
"""Images shown on one page."""
IMAGE_ID = re.compile(r"\d{1,18}", re.ASCII)
"""As in the URLs; more digits would overflow the database's integer."""
PICTURE_CACHE_CONTROL = "private, max-age=86400"
"""A picture's URL contains its image's version, so its content never changes."""


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
    page = flagged[:PAGE_SIZE]
    return render(
        request,
        "batch.html",
        report=report,
        reasons=queues[0].reasons if queues else {},
        reason=reason,
        cards=await _cards(request, batch_id, page, is_first=after == "0" and reason is None),
        more=page[-1].id if len(flagged) > PAGE_SIZE else None,
        in_words=in_words,
        **await batch_controls.values(request, report),
        **await cards.functions(request, page),
    )


async def _cards(request: Request, batch_id: int, page: list[FlaggedImage], *, is_first: bool) -> list[Card]:
    """The flagged images and, on the first page, those that the person ordered and the line works on, by id."""
    ordered: list[int] = []
    if is_first:
        query = partial(review_queue.ordered, batch_id=batch_id, actor=person_of(request))
        ordered = await read(request, query)
    flagged = {image.id: image for image in page}
    numbers = sorted({*flagged, *ordered})
    records = [await read(request, partial(images.get, image_id=number)) for number in numbers]
    return [Card(record, flagged.get(record.id)) for record in records]


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
    models = await drawing_of(request).fill_models() if cards.needs_models(flagged) else []
    offered = choices(flagged, line_of(request).declarations, models)
    chosen = next((choice for choice in offered if choice.name == name), None)
    if chosen is None:
        raise RequestError(HTTPStatus.BAD_REQUEST, f"image {number} has no choice {name!r}")
    if flagged.version != field(form, "version"):
        raise RequestError(
            HTTPStatus.CONFLICT,
            f"image {number} was processed again in the meantime: reload the page and look at it again",
        )
    png = await _mask(request, flagged, chosen, form)
    await in_thread(partial(_act, request, number, chosen, png))
    if wants_json(request):
        return JSONResponse({"image": number, "done": chosen.done, "returns": chosen.returns})
    return RedirectResponse(f"/batches/{flagged.batch}#image-{number}", HTTPStatus.SEE_OTHER)


async def _mask(request: Request, image: FlaggedImage, choice: Choice, form: FormData) -> bytes | None:
    """The mask, as a PNG file, that a choice builds from the form; None if it builds none."""
    if choice.name == SMALLER:
        return await drawing_of(request).built_mask(image, None)
    if choice.name != CHOSEN:
        return None
    numbers = [str(value) for value in form.getlist("region")]
    indices = {int(each) for each in numbers if each.isdecimal() and int(each) < len(image.regions)}
    if not indices:
        raise RequestError(HTTPStatus.BAD_REQUEST, "choose at least one piece: click it in the picture")
    return await drawing_of(request).built_mask(image, sorted(indices))


def _act(request: Request, number: int, choice: Choice, png: bytes | None) -> None:
    act = partial(choice.act, decisions_of(request), number, person_of(request))
    if png is None:
        act()
        return
    with line_of(request).scratch() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(png)
        act(mask=str(path))
