"""Drawing a mask: the page starts with the mask that the line found and sends back what the person drew."""

from functools import partial
from http import HTTPStatus
from pathlib import Path

import cv2
import numpy as np

from imaging import intermediate
from line.settings import settings
from records.database import transact
from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from records.storage.bucket import bucket
from records.storage.tempdir import scratch
from review.desk.base_handler import BaseHandler, RequestError
from scheduler import decide


class DrawHandler(BaseHandler):
    """A canvas over the picture; it posts a PNG of the picture's size, white where to erase."""

    async def get(self, number: str) -> None:
        image = await self.in_thread(partial(_drawable, int(number)))
        self.render("draw.html", image=image)

    async def post(self, number: str) -> None:
        image = await self.in_thread(partial(_drawable, int(number)))
        files = self.request.files.get("mask", [])
        if len(files) != 1:
            raise RequestError(HTTPStatus.BAD_REQUEST, "send one mask")
        await self.in_thread(partial(_requeue, image.id, files[0].body, self.person))
        self.finish({"image": image.id, "done": "erased as drawn", "back": f"/batches/{image.batch}"})


class MaskHandler(BaseHandler):
    """The mask that the line found, as an RGBA PNG: white where it would erase, transparent elsewhere."""

    async def get(self, number: str) -> None:
        image = await self.in_thread(partial(_drawable, int(number)))
        if image.mask is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"no text was found on image {number}")
        self.set_header("Content-Type", "image/png")
        self.finish(await self.in_thread(partial(_rgba_png, image.mask)))


def _drawable(image_id: int) -> FlaggedImage:
    image = transact(partial(review_queue.one, image_id=image_id))
    if image is None or image.current is None:
        raise RequestError(HTTPStatus.CONFLICT, f"image {image_id} is not flagged any more")
    return image


def _rgba_png(key: str) -> bytes:
    mask = intermediate.decode_mask(bucket(settings().bucket).get(key))
    white = np.full((*mask.shape, 4), 255, np.uint8)
    white[..., 3] = mask
    return cv2.imencode(".png", white)[1].tobytes()


def _requeue(image_id: int, png: bytes, person: str) -> None:
    with scratch() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(png)
        decide.requeue(image_id, person, mask=str(path))
