"""Images that wait for a person, with real pictures in the bucket: doubts about text, and fills that a gate stopped."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from imaging import intermediate
from records.step_results import ORDERED_RESULT, NeedsReview, StoredKeys
from records.tables import images, steps
from tests.harness import db_builders
from tests.harness.context import bucket, load, transact

WIDE, HIGH = 90, 60
QUAD = [[9, 9], [50, 9], [50, 20], [9, 20]]
REGION = {"quad": QUAD, "box": [0.1, 0.15, 0.55, 0.33], "overlay": 0.61}
GREEN, BLUE = (20, 160, 40), (30, 60, 200)
"""Colours of a picture as it came, and of what a step made of it."""


def picture(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((HIGH, WIDE, 3), colour, np.uint8)


def text_mask() -> np.ndarray:
    mask = np.zeros((HIGH, WIDE), np.uint8)
    mask[10:20, 10:50] = 255
    return mask


def doubtful(store: str, count: int = 1, names: Sequence[str] = (), recipe: str = "catalog") -> list[int]:
    """Images flagged by the search for text: is it print, or was it laid over?"""
    objects = bucket(store)
    mask = objects.keep(intermediate.encode_mask(text_mask()), ".png")
    values = {
        "reason": "overlay_or_print",
        "sentence": "One piece of text may be laid over the photo: say which.",
        "proposal_mask": mask,
        "facts": {"regions": [REGION], "width": WIDE, "height": HIGH},
    }
    return _flagged(store, names or count, 1, values, recipe=recipe, has_result=False)


def badly_filled(store: str, count: int = 1) -> list[int]:
    """Images whose text was erased, and whose fill a gate stopped."""
    reason = {
        "code": "seam.rim",
        "value": 50.0,
        "limit": {"at_most": 45},
        "kind": "artifact",
        "where": [10, 10, 40, 10],
        "sentence": "seam: rim is 50, must be ≤ 45",
    }
    mask = bucket(store).keep(intermediate.encode_mask(text_mask()), ".png")
    values = {
        "reason": "seam.rim",
        "sentence": reason["sentence"],
        "artifact": True,
        "mask": mask,
        "facts": {"regions": [REGION], "width": WIDE, "height": HIGH, "masked": False},
    }
    return _flagged(store, count, 2, values, reasons=[reason], has_result=True)


def _flagged(
    store: str,
    files: int | Sequence[str],
    step: int,
    values: dict[str, Any],
    *,
    recipe: str = "catalog",
    reasons: Sequence[dict[str, Any]] = (),
    has_result: bool,
) -> list[int]:
    listed = files if isinstance(files, int) else [db_builders.named(name) for name in files]
    loaded = load(recipe)
    breaker = loaded.breaker.model_copy(update={"threshold": 1.0})  # a hundred faults would halt the batch
    batch = db_builders.flagged(listed, loaded.model_copy(update={"breaker": breaker}), step=step)
    objects = bucket(store)
    current = objects.keep(intermediate.encode_rgb(picture(GREEN)), ".qoi")
    proposal = objects.keep(intermediate.encode_rgb(picture(BLUE)), ".qoi") if has_result else current
    ids = [row.id for row in db_builders.rows(batch)]
    values = values | {"current": current, "proposal": proposal}

    def write(connection: sa.Connection) -> None:
        connection.execute(sa.update(images).where(images.c.batch_id == batch).values(values))
        of_batch = sa.update(steps).where(steps.c.batch_id == batch)
        connection.execute(of_batch.values(input=current, output=current))
        last = sa.select(sa.func.max(steps.c.id)).where(steps.c.batch_id == batch).group_by(steps.c.image_id)
        transform = load(recipe).steps[step].transform
        reasons_bind = sa.bindparam("told", list(reasons), type_=JSONB)
        connection.execute(
            sa.update(steps)
            .where(steps.c.id.in_(last))
            .values(transform=transform, reasons=reasons_bind, output=proposal)
        )

    transact(write)
    return ids


def carry_out(store: str, image: int) -> None:
    """Do what workers do with the edit that a person ordered: its result is shown."""
    steps = [step.transform for step in load("catalog").steps]
    taken = db_builders.claim(db_builders.shard(db_builders.batch_of(image), [image], at=2, steps=steps))
    stored = StoredKeys(bucket(store).keep(intermediate.encode_rgb(picture(BLUE)), ".qoi"))
    ending = NeedsReview(ORDERED_RESULT, "This is the result of what a person ordered.", stored=stored)
    (result,) = db_builders.results(taken)
    facts = taken.images[0].facts
    db_builders.finish(taken, [replace(result, ending=ending, facts=facts)])
