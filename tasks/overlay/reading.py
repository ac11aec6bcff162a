"""Every piece of text of one photo, with the probability that it was laid over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from line.picture import Rgb
from models.contract import Region, TextFinder
from tasks.overlay.decision import overlay_probability
from tasks.overlay.features import Features, describe
from tasks.overlay.scene import look
from tasks.overlay.shape import Shape, find_shape
from tasks.overlay.strokes import Strokes, find_strokes, sides

WHOLE = 0.2
"""A compact box over more than this share of a photo is an object that the detector took for text."""
FAINT = 28.0
"""Contrast in levels (Euclidean over RGB) below which nothing is erased without a person."""
CLOSER = 3
"""Halves of the limit for the second look."""
COMPACT = 3.0
"""Length over height below which a box is compact."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One piece of text.

    Attributes:
        region: where the detector saw it.
        strokes: its letters.
        shape: the banner, badge or label under it, if any.
        features: what the decision was made on.
        probability: of being an overlay, 0..1.
    """

    region: Region
    strokes: Strokes
    shape: Shape | None
    features: Features
    probability: float

    @property
    def is_faint(self) -> bool:
        """Whether the letters hardly differ from their ground: a watermark, or no letters at all."""
        return self.strokes.contrast < FAINT

    @property
    def leaves_ground(self) -> bool:
        """Whether taking the letters alone would leave an empty banner behind whose outline is not clear."""
        own = self.features["ground_change"] > 30 and self.features["ground_spread"] < 4
        return own and not (self.shape is not None and self.shape.is_drawn)

    def as_fact(self) -> dict[str, Any]:
        """JSON for the records: corners in pixels, the detector's score, the probability."""
        return {
            "quad": np.rint(self.region.quad).astype(int).tolist(),
            "score": round(self.region.score, 3),
            "overlay": round(self.probability, 3),
        }


def read(rgb: Rgb, regions: Sequence[Region]) -> list[Reading]:
    """The text among ``regions`` of ``rgb`` [H, W, 3] uint8, in the given order."""
    texts = [region for region in regions if not is_object(rgb, region)]
    if not texts:
        return []
    scene = look(rgb)
    readings = []
    for region in texts:
        strokes = find_strokes(rgb, region.quad)
        shape = find_shape(scene.view, scene.scale, region.quad, strokes)
        features = describe(rgb, region, strokes, shape, scene, texts)
        readings.append(Reading(region, strokes, shape, features, overlay_probability(features)))
    return readings


def find(rgb: Rgb, finder: TextFinder, limit: int) -> list[Region]:
    """The regions of text; a second, closer look where the detector took a whole thing for text.

    Such a box swallows the letters beside the thing; at another scale they usually stand alone.
    """
    first = finder.find(rgb, limit=limit)
    texts = [region for region in first if not is_object(rgb, region)]
    if len(texts) == len(first):
        return texts
    for region in finder.find(rgb, limit=limit * CLOSER // 2):
        if not is_object(rgb, region) and not any(_overlap(region, other) for other in texts):
            texts.append(region)
    return texts


def _overlap(one: Region, other: Region) -> bool:
    low = np.maximum(one.quad.min(axis=0), other.quad.min(axis=0))
    high = np.minimum(one.quad.max(axis=0), other.quad.max(axis=0))
    shared = float(np.clip(high - low, 0, None).prod())
    return shared > 0.3 * float(np.ptp(one.quad, axis=0).prod())


def is_object(rgb: Rgb, region: Region) -> bool:
    """Whether the box frames a whole thing: the detector does that with smooth ground around a product."""
    along, across = sides(region.quad)
    return along * across > WHOLE * rgb.shape[0] * rgb.shape[1] and along < COMPACT * across
