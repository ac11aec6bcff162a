"""Drawing a mask: the page starts with the mask that the line found and sends back what the person drew on it."""

from functools import partial
from http import HTTPStatus
from pathlib import Path

import sqlalchemy as sa
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from review.desk.choices import RESULT_FOLLOWS
from review.desk.viewer import sources
from review.desk.viewer.sources import Source, SourceKind
from review.desk.viewer.stroke import StrokeError, read_strokes
from review.desk.web.errors import RequestError
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import decisions_of, drawing_of, in_thread, line_of, read


async def draw(request: Request) -> Response:
    """A canvas over the picture; it posts strokes, from which the mask is made here at full size."""
    image = await _drawable(request)
    proposed = sources.mask(image.mask)
    return render(
        request,
        "draw.html",
        image=image,
        picture=Source(SourceKind.PICTURE, str(image.current)).name,
        mask=proposed.name if proposed else None,
    )


async def requeue_drawn(request: Request, form: FormData) -> Response:
    """Erase what a person drew: ``strokes``, or ``mask``, a picture of the same size that is white where to erase."""
    image = await _drawable(request)
    if form.get("version", image.version) != image.version:
        raise RequestError(
            HTTPStatus.CONFLICT, f"image {image.id} was processed again in the meantime: look at it again"
        )
    png = await _mask_file(request, image, form)
    await in_thread(partial(_requeue, request, image.id, png))
    back = f"/batches/{image.batch}#image-{image.id}"
    return JSONResponse({"image": image.id, "done": RESULT_FOLLOWS, "back": back})


async def _mask_file(request: Request, image: FlaggedImage, form: FormData) -> bytes:
    drawn, strokes = form.get("mask"), form.get("strokes")
    if isinstance(strokes, UploadFile):
        try:
            return await drawing_of(request).stroke_mask(image, read_strokes(await strokes.read()))
        except StrokeError as error:
            raise RequestError(HTTPStatus.BAD_REQUEST, str(error)) from None
    if isinstance(drawn, UploadFile):
        return await drawn.read()
    raise RequestError(HTTPStatus.BAD_REQUEST, "send one mask")


async def _drawable(request: Request) -> FlaggedImage:
    return await read(request, partial(_flagged, image_id=request.path_params["image"]))


def _flagged(connection: sa.Connection, image_id: int) -> FlaggedImage:
    image = review_queue.one(connection, image_id)
    if image is None or image.current is None:
        raise RequestError(HTTPStatus.CONFLICT, f"image {image_id} is not flagged any more")
    return image


def _requeue(request: Request, image_id: int, png: bytes) -> None:
    with line_of(request).scratch() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(png)
        decisions_of(request).requeue(image_id, person_of(request), mask=str(path), look=True)
