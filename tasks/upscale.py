"""Enlarges photos that are too small for the market, never what is only a thumbnail."""

from typing import cast

from line.picture import Edited, Facts, Flagged, Outcome, Picture
from models.contract import Model, Task, Upscaler
from tasks.transform import transform
from worker.queues import Queue


def is_small(facts: Facts, *, target: int, **params: object) -> bool:
    """Whether the long side is below ``target``."""
    return max(int(facts["width"]), int(facts["height"])) < target


@transform(
    queue=Queue.UPSCALE,
    task=Task.UPSCALE,
    default_model="back_projection",
    needed=is_small,
    enlarges=True,
)
def upscale(pictures: list[Picture], model: Model, *, target: int = 1000, floor: int = 320) -> list[Outcome]:
    """Enlarge each picture so that its long side is ``target`` pixels, keeping its proportions.

    Args:
        target: long side of the result, pixels.
        floor: a picture whose long side is below this holds too little to be enlarged: a person decides.
    """
    enlarger = cast(Upscaler, model)
    return [_upscale(picture, enlarger, target, floor) for picture in pictures]


def _upscale(picture: Picture, model: Upscaler, target: int, floor: int) -> Outcome:
    if picture.long_side < floor:
        sentence = (
            f"The photo is {picture.width} × {picture.height} pixels, a thumbnail: "
            f"enlarging needs a long side of at least {floor}."
        )
        return Flagged("thumbnail_too_small", sentence, picture=picture)
    if picture.long_side >= target:
        return Edited(picture)
    size = target_size(picture.width, picture.height, target)
    large = model.upscale(picture.rgb, size, seed=picture.seed)
    return Edited(picture.with_(rgb=large, mask=None), readings={"scale": target / picture.long_side})


def target_size(width: int, height: int, target: int) -> tuple[int, int]:
    """(width, height) with a long side of exactly ``target``, the other rounded, never below 1."""
    scale = target / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
