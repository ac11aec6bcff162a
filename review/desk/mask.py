"""Drawing a mask: the page starts with the mask that the line found and sends back what the person drew."""

from functools import partial
from http import HTTPStatus
from pathlib import Path

import sqlalchemy as sa

from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from review.desk.base_handler import BaseHandler, RequestError
from review.desk.drawing_pool import DrawingPool
from scheduler.decide import Decisions
from tasks.context import Context


class DrawHandler(BaseHandler):
    """A canvas over the picture; it posts a PNG of the picture's size, white where to erase."""

    async def get(self, number: str) -> None:
        image = await self.transact(partial(_drawable, image_id=int(number)))
        self.render("draw.html", image=image)

    async def post(self, number: str) -> None:
        image = await self.transact(partial(_drawable, image_id=int(number)))
        files = self.request.files.get("mask", [])
        if len(files) != 1:
            raise RequestError(HTTPStatus.BAD_REQUEST, "send one mask")
        await self.in_thread(partial(_requeue, self.line, self.drawing, image.id, files[0].body, self.person))
        self.finish({"image": image.id, "done": "erased as drawn", "back": f"/batches/{image.batch}"})


class MaskHandler(BaseHandler):
    """The mask that the line found, as an RGBA PNG: white where it would erase, transparent elsewhere."""

    async def get(self, number: str) -> None:
        image = await self.transact(partial(_drawable, image_id=int(number)))
        if image.mask is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"no text was found on image {number}")
        self.set_header("Content-Type", "image/png")
        self.finish(await self.answer(self.drawing.mask(image.mask)))


def _drawable(connection: sa.Connection, image_id: int) -> FlaggedImage:
    image = review_queue.one(connection, image_id)
    if image is None or image.current is None:
        raise RequestError(HTTPStatus.CONFLICT, f"image {image_id} is not flagged any more")
    return image


def _requeue(line: Context, drawing: DrawingPool, image_id: int, png: bytes, person: str) -> None:
    with line.scratch() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(png)
        Decisions(line, keep_mask=drawing.keep_mask).requeue(image_id, person, mask=str(path))
