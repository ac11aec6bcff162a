"""Drawing what to erase: the mask that was found is where a person starts, and what they send goes to the line."""

from functools import partial
from http import HTTPStatus
from pathlib import Path

import cv2
import numpy as np

from imaging import intermediate
from line.settings import settings
from records.database import transact
from records.queries import review_queue
from records.queries.review_queue import Flagged
from records.storage.bucket import bucket
from records.storage.tempdir import scratch
from review.desk.base_handler import Door, RefusedError
from scheduler import decide


class Draw(Door):
    """A canvas over the picture; what is sent is a PNG of the picture's size, white where to erase."""

    async def get(self, number: str) -> None:
        image = await self.work(partial(_drawable, int(number)))
        self.render("draw.html", image=image)

    async def post(self, number: str) -> None:
        image = await self.work(partial(_drawable, int(number)))
        sent = self.request.files.get("mask", [])
        if len(sent) != 1:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "send one mask")
        await self.work(partial(_requeue, image.id, sent[0].body, self.person))
        self.finish({"image": image.id, "done": "erased as drawn", "back": f"/batches/{image.batch}"})


class FoundMask(Door):
    """What was found, as a PNG that is clear but where it would be erased."""

    async def get(self, number: str) -> None:
        image = await self.work(partial(_drawable, int(number)))
        if image.mask is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"nothing was found on image {number}")
        self.set_header("Content-Type", "image/png")
        self.finish(await self.work(partial(_clear, image.mask)))


def _drawable(number: int) -> Flagged:
    image = transact(partial(review_queue.one, image_id=number))
    if image is None or image.current is None:
        raise RefusedError(HTTPStatus.CONFLICT, f"image {number} is not flagged any more")
    return image


def _clear(key: str) -> bytes:
    mask = intermediate.decode_mask(bucket(settings().bucket).get(key))
    white = np.full((*mask.shape, 4), 255, np.uint8)
    white[..., 3] = mask
    return cv2.imencode(".png", white)[1].tobytes()


def _requeue(number: int, data: bytes, person: str) -> None:
    with scratch() as folder:
        path = Path(folder) / "mask.png"
        path.write_bytes(data)
        decide.requeue(number, person, mask=str(path))
