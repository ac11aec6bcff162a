"""Images: what was done to them, decisions about them, and links to their pictures."""

import mimetypes
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from records import batches, images
from records.access import tokens
from records.images import ImageRecord
from records.queries import image_details, review_queue
from records.storage.errors import MissingObjectError
from review.api import links
from review.api.dependencies import Decider, Line, LineOf, OnceOf, Reader, Viewer
from review.api.links import DEFAULT_SECONDS, MAX_SECONDS, MIN_SECONDS, PictureLink
from review.api.pages import MAX_ID
from review.api.problems import ProblemError, documented, missing
from review.api.schemas import Expected, ImageDetails, Link, Requeue, Rollback
from review.desk import previews
from review.desk.drawing.pool import DrawingPool

router = APIRouter(tags=["images"])
ImageId = Annotated[int, Path(ge=1, le=MAX_ID)]
ORIGINAL, DELIVERED = "original", "delivered"
REFUSALS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get("/images/{image}", responses=documented(HTTPStatus.NOT_FOUND))
def get_image(image: ImageId, line: LineOf, token: Reader) -> ImageDetails:
    """One image: its steps with their readings, and every change of its state."""
    return ImageDetails.model_validate(_details(line, image))


@router.post("/images/{image}/accept", response_model=ImageDetails, responses=REFUSALS)
def accept_image(image: ImageId, body: Expected, line: LineOf, token: Decider, once: OnceOf) -> JSONResponse:
    """Accept a flagged image as it stands: the flagged step's result is taken up."""
    return once.run(lambda: _decide(line, image, body, lambda: line.decisions.accept(image, token.actor)))


@router.post("/images/{image}/reject", response_model=ImageDetails, responses=REFUSALS)
def reject_image(image: ImageId, body: Expected, line: LineOf, token: Decider, once: OnceOf) -> JSONResponse:
    """Discard an image; a file that was delivered already is deleted."""
    return once.run(lambda: _decide(line, image, body, lambda: line.decisions.reject(image, token.actor)))


@router.post("/images/{image}/requeue", response_model=ImageDetails, responses=REFUSALS)
def requeue_image(image: ImageId, body: Requeue, line: LineOf, token: Decider, once: OnceOf) -> JSONResponse:
    """Process an image again from the step at which it stopped, or with another recipe."""

    def act() -> None:
        line.requeue(image, token, body.recipe, body.mask, body.look)

    return once.run(lambda: _decide(line, image, body, act))


@router.post("/images/{image}/rollback", response_model=ImageDetails, responses=REFUSALS)
def rollback_image(
    image: ImageId, body: Rollback, line: LineOf, token: Decider, once: OnceOf
) -> JSONResponse:
    """Put an image back to what it was before a step; it is then flagged."""
    return once.run(
        lambda: _decide(line, image, body, lambda: line.decisions.rollback(image, body.step, token.actor))
    )


@router.get("/images/{image}/pictures", responses=documented(HTTPStatus.NOT_FOUND))
def list_pictures(
    image: ImageId,
    request: Request,
    line: LineOf,
    token: Viewer,
    seconds: Annotated[int, Query(ge=MIN_SECONDS, le=MAX_SECONDS)] = DEFAULT_SECONDS,
) -> list[Link]:
    """Links to the pictures of an image, which need no token and expire."""
    record = _record(line, image)
    names = [ORIGINAL, *([DELIVERED] if record.state == "delivered" else [])]
    flagged = line.transact(partial(review_queue.one, image_id=image))
    names += [preview.name for preview in previews.previews(flagged)] if flagged else []
    secret, expires = line.transact(links.secret), int(time.time()) + seconds
    answer = []
    for name in names:
        url = request.url_for("open_picture", image=image, picture=name)
        query = PictureLink(image, name, token.id, expires).query(secret)
        answer.append(
            Link(picture=name, url=f"{url}?{query}", expires_at=datetime.fromtimestamp(expires, UTC))
        )
    return answer


@router.get("/pictures/{image}/{picture}", include_in_schema=False)
async def open_picture(
    image: ImageId,
    picture: Annotated[str, Path(pattern="^[a-z-]{1,20}$")],
    request: Request,
    line: LineOf,
    token: Annotated[int, Query(ge=1, le=MAX_ID)],
    expires: Annotated[int, Query(ge=0, le=MAX_ID)],
    signature: Annotated[str, Query(max_length=64)],
) -> Response:
    """A picture behind a link of :func:`list_pictures`."""
    link = PictureLink(image, picture, token, expires)
    content, media_type = await run_in_threadpool(partial(_file, line, link, signature))
    if content is None:
        content = await _preview(line, request.app.state.drawing, link)
    headers = {
        "Content-Disposition": f'attachment; filename="{image}-{picture}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": f"private, max-age={max(0, expires - int(time.time()))}",
    }
    return Response(content, media_type=media_type, headers=headers)


def _file(line: Line, link: PictureLink, signature: str) -> tuple[bytes | None, str]:
    """An original or delivered file with its media type; no content for a preview, which is drawn."""
    link.check(line.transact(links.secret), signature)
    if line.transact(partial(tokens.valid, token_id=link.token_id)) is None:
        raise ProblemError(HTTPStatus.FORBIDDEN, "the token that made the link was revoked or has expired")
    record = _record(line, link.image)
    try:
        if link.picture == ORIGINAL:
            key, _ = line.transact(partial(image_details.original, image_id=link.image)) or ("", "")
            return line.context.bucket.get(key), "application/octet-stream"
        if link.picture == DELIVERED and record.file is not None and record.state == "delivered":
            out = line.transact(partial(batches.get, batch_id=record.batch_id)).out
            media_type = mimetypes.guess_type(record.file)[0] or "application/octet-stream"
            return line.context.buckets.at(out).get(record.file), media_type
    except MissingObjectError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None
    return None, "image/jpeg"


async def _preview(line: Line, drawing: DrawingPool, link: PictureLink) -> bytes:
    flagged = await run_in_threadpool(partial(line.transact, partial(review_queue.one, image_id=link.image)))
    if flagged is None or not previews.has_preview(flagged, link.picture):
        raise ProblemError(HTTPStatus.NOT_FOUND, f"image {link.image} has no picture {link.picture} any more")
    return await drawing.preview(flagged, link.picture, full=True)


def _decide(line: Line, image: int, body: Expected, act: Callable[[], None]) -> dict[str, Any]:
    """Act on an image that exists and is what the program looked at, and answer what it is now."""
    version = _details(line, image)["version"]
    if body.version is not None and body.version != version:
        raise ProblemError(
            HTTPStatus.CONFLICT, f"image {image} changed since it was looked at: its version is {version} now"
        )
    act()
    return _details(line, image)


def _details(line: Line, image: int) -> dict[str, Any]:
    details = line.transact(partial(image_details.details, image_id=image))
    if details is None:
        raise missing("image", image)
    return details


def _record(line: Line, image: int) -> ImageRecord:
    record = line.transact(partial(images.find, image_id=image))
    if record is None:
        raise missing("image", image)
    return record
