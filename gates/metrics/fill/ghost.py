"""Stroke ghost: how much of what was erased can still be read in what came out."""

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from gates.metrics.fill.quantile import quantiles
from gates.patch import Bools, Floats
from line.picture import Rgb

CLUMP = 9.0
"""Pixels that count as one independent sample after the 3 × 3 smoothing."""
MIN_CONTRAST = 6.0
"""Minimum contrast of the erased strokes for a correlation (grey levels)."""
MIN_PIXELS = 30
"""Minimum pixels for a figure."""


@dataclass(frozen=True, slots=True)
class Ghost:
    """What is left of the erased strokes.

    Attributes:
        levels: contrast of the strokes still present, in grey levels (RMS over the channels, along
            the strokes' own colour); negative where the strokes were overcorrected.
        chance: the standard error of ``levels``: what texture alone would give.
        contrast: what was taken away, grey levels.
    """

    levels: float
    chance: float
    contrast: float

    @property
    def beyond_chance(self) -> float:
        """Grey levels of stroke contrast that texture does not explain (three standard errors)."""
        return max(0.0, self.levels - 3 * self.chance)


def stroke_ghost(before: Rgb, after: Rgb, inside: Bools) -> Ghost:
    """Regress what is left inside the mask on the strokes that were taken away.

    The matched filter of detection theory (Turin, "An introduction to matched filters", 1960),
    with the erased strokes ``before - after``, clipped, as the template, along their principal
    colour, on neighbour differences, which whiten a photo; the error follows from the residual.

    Args:
        before, after: [h, w, 3] uint8.
        inside: [h, w], where the edit was allowed.
    """
    count = int(inside.sum())
    taken = before.astype(np.float32) - after
    pixels = taken[inside]
    if count < MIN_PIXELS:
        return Ghost(0.0, 0.0, 0.0)
    direction = np.linalg.eigh(pixels.T @ pixels)[1][:, -1].astype(np.float32)
    along = taken @ direction
    contrast = float(quantiles(np.abs(along[inside]), 0.95)[0])
    if contrast < MIN_CONTRAST:
        return Ghost(0.0, 0.0, contrast)
    template = np.clip(along / np.float32(contrast), -1, 1).astype(np.float32)
    left = after.astype(np.float32) @ direction
    power = shared = spread = 0.0
    pairs = 0
    for axis in (0, 1):  # neighbour differences: nearly white in photos, so that the error below holds
        strokes, rest = _step(template, axis), _step(left, axis)
        both = _both(inside, axis)
        strokes, rest = strokes[both], rest[both]
        power += float(strokes @ strokes)
        shared += float(strokes @ rest)
        spread += float(rest @ rest)
        pairs += len(rest)
    if power < MIN_PIXELS / 10:  # one even area was taken away: no strokes
        return Ghost(0.0, 0.0, contrast)
    scale = math.sqrt(before.shape[2])  # a grey step of one level is this long in RGB
    levels = shared / power / scale
    residual = max(0.0, spread - shared * shared / power) / max(1, pairs)
    return Ghost(levels, math.sqrt(CLUMP * residual / power) / scale, contrast / scale)


def _step(channel: Floats, axis: int) -> Floats:
    """Differences along ``axis`` of the channel smoothed over 3 × 3 pixels."""
    return cast(Floats, np.diff(cv2.blur(channel, (3, 3)), axis=axis))


def _both(inside: Bools, axis: int) -> Bools:
    first, second = (inside[1:], inside[:-1]) if axis == 0 else (inside[:, 1:], inside[:, :-1])
    return first & second
