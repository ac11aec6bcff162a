"""Enlarges photos that are too small for the market, never what is only a thumbnail."""

from typing import Literal, cast

import numpy as np

from line.picture import Edited, Flagged, Outcome, Picture, Rgb
from models.contract import Enlargement, Model, Task, Upscaler
from models.inference.guidance import Weights, away_from, edges, guided
from models.lanczos import Lanczos
from tasks.needs import is_small
from tasks.transform import transform
from worker.queues import Queue


@transform(
    queue=Queue.UPSCALE,
    task=Task.UPSCALE,
    default_model="back_projection",
    needed=is_small,
    enlarges=True,
)
def upscale(
    pictures: list[Picture],
    model: Model,
    *,
    target: int = 1000,
    floor: int = 320,
    guide: Literal["nothing", "fills", "edges", "both"] = "nothing",
) -> list[Outcome]:
    """Enlarge each picture so that its long side is ``target`` pixels, keeping its proportions.

    Args:
        target: long side of the result, pixels.
        floor: a picture whose long side is below this holds too little to be enlarged: a person decides.
        guide: where a network's invention is kept out and plain interpolation taken: "fills" on what an
            earlier step filled in, so that no seam is sharpened; "edges" on grounds that show no detail;
            "both".
    """
    sizes = [target_size(picture.width, picture.height, target) for picture in pictures]
    small = [at for at, picture in enumerate(pictures) if floor <= picture.long_side < target]
    wanted = [Enlargement(pictures[at].rgb, sizes[at], pictures[at].seed) for at in small]
    enlarged = dict(zip(small, cast(Upscaler, model).upscale_all(wanted), strict=True))
    return [_outcome(picture, enlarged.get(at), target, floor, guide) for at, picture in enumerate(pictures)]


def _outcome(picture: Picture, large: Rgb | None, target: int, floor: int, guide: str) -> Outcome:
    if picture.long_side < floor:
        sentence = (
            f"The photo is {picture.width} × {picture.height} pixels, a thumbnail: "
            f"enlarging needs a long side of at least {floor}."
        )
        return Flagged("thumbnail_too_small", sentence, picture=picture)
    if large is None:
        return Edited(picture)
    size = (large.shape[1], large.shape[0])
    weights = _guidance(picture, size, guide)
    if weights is not None:
        plain = Lanczos().upscale(picture.rgb, size, seed=picture.seed)
        large = guided(large, plain, weights)
    return Edited(picture.with_(rgb=large, mask=None), readings={"scale": target / picture.long_side})


def _guidance(picture: Picture, size: tuple[int, int], guide: str) -> Weights | None:
    """The share of the network's pixels; None where all are taken."""
    fills = picture.facts.fills if guide in ("fills", "both") else ()
    wanted = [edges(picture.rgb, size)] if guide in ("edges", "both") else []
    wanted += [away_from(fills, picture.rgb, size)] if fills else []
    return np.minimum.reduce(wanted) if wanted else None


def target_size(width: int, height: int, target: int) -> tuple[int, int]:
    """(width, height) with a long side of exactly ``target``, the other rounded, never below 1."""
    scale = target / max(width, height)
    return max(1, round(width * scale)), max(1, round(height * scale))
