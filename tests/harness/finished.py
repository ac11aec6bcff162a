"""Delivered images with real pictures in the bucket, and a doubtful one of any size."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from imaging import intermediate
from imaging.encode import Format, encode
from records.tables import images, steps
from tests.harness import db_builders, doubts
from tests.harness.context import bucket, load, transact

READINGS = {"rim": 12.0, "seam": 3.5, "grain_lost": 1.0}


def striped(width: int, height: int) -> np.ndarray:
    """A picture with detail at every scale, [height, width, 3] uint8."""
    across, down = np.arange(width, dtype=np.uint32), np.arange(height, dtype=np.uint32)[:, None]
    planes = [
        (across // 7 + down // 11) % 256,
        (across // 64 + 0 * down) % 256,
        (down // 64 + 0 * across) % 256,
    ]
    return np.stack(planes, axis=-1).astype(np.uint8)


def delivered(store: str, out: Path, colour: tuple[int, int, int] = doubts.BLUE) -> int:
    """An image that went through all steps of the shipped catalog recipe; ``erase_text`` changed its colour."""
    recipe = load("catalog")
    names = [step.transform for step in recipe.steps]
    batch = db_builders.batch(1, recipe, out=out.as_uri())
    db_builders.through(db_builders.shard(batch, steps=names), len(names))
    (row,) = db_builders.rows(batch)
    objects = bucket(store)
    before = objects.keep(intermediate.encode_rgb(doubts.picture(doubts.GREEN)), ".qoi")
    after = objects.keep(intermediate.encode_rgb(doubts.picture(colour)), ".qoi")
    file = encode(doubts.picture(colour), Format.JPEG, quality=90, dpi=72)
    bucket(out.as_uri()).put(row.file, file)
    change = names.index("erase_text")

    def write(connection: sa.Connection) -> None:
        for position in range(len(names)):
            values: dict[str, Any] = {
                "input": None if position == 0 else before if position <= change else after,
                "output": before if position < change else after,
            }
            if position == change:
                values |= {"readings": sa.bindparam("figures", READINGS, type_=JSONB), "model": "telea"}
            connection.execute(
                sa.update(steps)
                .where(steps.c.image_id == row.id, steps.c.position == position)
                .values(values)
            )
        connection.execute(sa.update(images).where(images.c.id == row.id).values(current=after))

    transact(write)
    return int(row.id)


def huge_doubt(store: str, width: int, height: int) -> int:
    """An image flagged by the search for text, with a picture of that size."""
    (image,) = doubts.doubtful(store)
    objects = bucket(store)
    mask = np.zeros((height, width), np.uint8)
    cv2.rectangle(mask, (100, 100), (500, 200), 255, cv2.FILLED)
    picture = objects.keep(intermediate.encode_rgb(striped(width, height)), ".qoi")
    values = {
        "current": picture,
        "proposal": picture,
        "proposal_mask": objects.keep(intermediate.encode_mask(mask), ".png"),
        "facts": {"regions": [doubts.REGION], "width": width, "height": height},
    }

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.update(images).where(images.c.id == image).values(values))
        of_image = sa.update(steps).where(steps.c.image_id == image)
        connection.execute(of_image.values(input=picture, output=picture))

    transact(write)
    return image
