"""The pages of the grid: images by a filter, groups of similar ones, and their small pictures."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import sqlalchemy as sa
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.states import ImageState
from records.grid import groups, listing, pictures
from records.grid.filters import Filter, Order
from records.grid.severity import MAX_SEVERITY
from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from review.desk import previews
from review.desk.grid import address, bulk
from review.desk.web.errors import RequestError
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, read
from review.desk.wording import in_words

PICTURE_CACHE_CONTROL: Final = "private, max-age=86400"
STATES: Final = {
    ImageState.FLAGGED: "waits for a person",
    ImageState.DELIVERED: "delivered",
    ImageState.REJECTED: "refused: the file cannot be used",
    ImageState.DISCARDED: "discarded by a person",
    ImageState.FAILED: "failed",
    ImageState.WAITING: "waits for a worker",
    ImageState.WORKING: "in work",
    ImageState.HELD: "held: the batch is halted",
}
ORDERS: Final = {Order.SEVERITY: "worst first", Order.NAME: "by name", Order.UPLOAD: "as uploaded"}


async def show(request: Request) -> Response:
    """A page of images; ``?group=1`` shows groups of similar ones instead."""
    chosen = address.parse(request.query_params)
    if request.query_params.get("group"):
        return await _groups(request, replace(chosen, state=ImageState.FLAGGED))
    page = await read(
        request, partial(listing.page, chosen=chosen, after=address.place(request.query_params))
    )
    tiles = await read(request, partial(pictures.tiles, ids=page.ids))
    flagged = await read(request, partial(review_queue.some, image_ids=page.ids))
    return render(
        request,
        "grid.html",
        tiles=tiles,
        flagged=flagged,
        next=address.query_of(chosen, after=address.after(page.next)) if page.next else "",
        is_first=not request.query_params.get("after"),
        is_cut=page.is_cut,
        choices=await bulk.offered(request, tiles, flagged),
        readings=await read(request, partial(listing.reading_names, ids=page.ids)),
        **await _filter_values(request, chosen),
    )


async def of_batch(request: Request) -> Response:
    """The images of one batch."""
    chosen = Filter(batch=request.path_params["batch"])
    return RedirectResponse(f"/images?{address.query_of(chosen)}", HTTPStatus.TEMPORARY_REDIRECT)


async def _groups(request: Request, chosen: Filter) -> Response:
    similar = await read(request, partial(groups.groups, chosen=chosen))
    ids = [number for group in similar for number in group.examples]
    tiles = {tile.id: tile for tile in await read(request, partial(pictures.tiles, ids=ids))}
    flagged = await read(request, partial(review_queue.some, image_ids=ids))
    shown: list[dict[str, Any]] = []
    for group in similar:
        part = replace(chosen, vendor=group.vendor, reason=group.reason, template=group.template)
        examples = [tiles[number] for number in group.examples if number in tiles]
        of_group = await bulk.offered(request, examples, flagged)
        is_result = any(bulk.is_result(flagged.get(tile.id)) for tile in examples)
        shown.append({
            "group": group,
            "examples": examples,
            "address": address.query_of(part),
            "choices": [choice for choice in of_group if choice.name != "accept" or not is_result],
            "is_result": is_result,
        })  # fmt: skip
    values = await _filter_values(request, chosen)
    return render(request, "grid_groups.html", groups=shown, flagged=flagged, **values)


async def _filter_values(request: Request, chosen: Filter) -> dict[str, Any]:
    """What the form of the filter and the tiles need."""
    anything = replace(chosen, reason="")
    there = await read(request, partial(listing.sources, chosen=anything))
    reasons: dict[str, int] = {}
    for source in there:
        if source.reason:
            reasons[source.reason] = reasons.get(source.reason, 0) + source.images
    matching = [source.images for source in there if chosen.reason in ("", source.reason)]
    return {
        "chosen": chosen,
        "query": address.query_of(chosen),
        "reasons": dict(sorted(reasons.items(), key=lambda item: -item[1])),
        "count": sum(matching) if chosen.is_counted else None,
        "vendors": await read(request, _vendors),
        "states": STATES,
        "orders": ORDERS,
        "in_words": in_words,
        "beyond": beyond,
        "address_of": partial(address.query_of, chosen),
        "answered": _count(request, "answered"),
        "left": _count(request, "left"),
    }


def _count(request: Request, name: str) -> str:
    """A number in the query; empty where there is none."""
    value = request.query_params.get(name, "")
    return value if value.isascii() and value.isdecimal() else ""


def _vendors(connection: sa.Connection) -> Sequence[str]:
    """The vendors of the newest batches."""
    query = "SELECT DISTINCT vendor FROM (SELECT vendor FROM batches ORDER BY id DESC LIMIT 200) AS newest ORDER BY 1"
    return list(connection.scalars(sa.text(query)))


def beyond(severity: float) -> str:
    """How far a reading is beyond its limit, in words; empty for an image that broke no limit."""
    if severity <= 0:
        return ""
    return "far beyond its limit" if severity >= MAX_SEVERITY else f"{severity:.0%} beyond its limit"


async def thumbnail(request: Request) -> Response:
    """A small picture of an image: what a person is to decide on, else the picture as it stands."""
    number = request.path_params["image"]
    flagged = await read(request, partial(review_queue.one, image_id=number))
    name = preview_name(flagged) if flagged else ""
    if flagged and name:
        data: bytes | None = await drawing_of(request).thumbnail(flagged, name)
    else:
        data = await stored_picture(request, number, previews.MAX_THUMBNAIL_SIDE)
    if data is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no picture of image {number}")
    headers = {"Cache-Control": PICTURE_CACHE_CONTROL} if request.query_params.get("v") else None
    return Response(data, media_type="image/jpeg", headers=headers)


def preview_name(image: FlaggedImage) -> str:
    """The preview that shows best why an image was flagged; empty if it was never decoded."""
    names = [preview.name for preview in previews.previews(image)]
    if previews.AFTER.name in names:
        return previews.AFTER.name
    return names[-1] if names else previews.PLAIN.name if image.current else ""


async def stored_picture(request: Request, number: int, side: int) -> bytes | None:
    """The picture of an image as it stands, as a JPEG file; None where there is none that can be decoded."""
    tiles = await read(request, partial(pictures.tiles, ids=[number]))
    if not tiles:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no image {number}")
    return await drawing_of(request).stored(tiles[0].stands(), side)
