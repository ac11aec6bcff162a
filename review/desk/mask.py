"""Drawing a mask: the page starts with the mask that the line found and sends back what the person drew."""

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
from review.desk.web.errors import RequestError
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import decisions_of, drawing_of, in_thread, line_of, read


async def draw(request: Request) -> Response:
    """A canvas over the picture; it posts a PNG of the picture's size, white where to erase."""
    return render(request, "draw.html", image=await _drawable(request))


async def requeue_drawn(request: Request, form: FormData) -> Response:
    """Erase what a person drew."""
    image = await _drawable(request)
    drawn = form.get("mask")
    if not isinstance(drawn, UploadFile):
        raise RequestError(HTTPStatus.BAD_REQUEST, "send one mask")
    png = await drawn.read()
    await in_thread(partial(_requeue, request, image.id, png))
    back = f"/batches/{image.batch}#image-{image.id}"
    return JSONResponse({"image": image.id, "done": RESULT_FOLLOWS, "back": back})


async def found_mask(request: Request) -> Response:
    """The mask that the line found, as an RGBA PNG: white where it would erase, transparent elsewhere."""
    image = await _drawable(request)
    if image.mask is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"no text was found on image {image.id}")
    return Response(await drawing_of(request).mask(image.mask), media_type="image/png")


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
