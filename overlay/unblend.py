"""Takes see-through ink off: what shines through it is the photo itself, and better than any fill.

Ink of one colour C and one opacity a shows I = (1 - a) B + a C, so B = (I - a C) / (1 - a) wherever a and C
are known. Both follow from what lies on either side of the ink's edge (Porter and Duff, "Compositing digital
images", SIGGRAPH 1984; for many photos with one mark: Dekel, Rubinstein, Liu and Freeman, "On the
effectiveness of visible watermarks", CVPR 2017).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from overlay.blend import fitted

Floats = NDArray[np.float32]
Pixels = NDArray[np.bool_]

TOGETHER = 25
"""Pixels between letters up to which they are of one ink."""
CLEAREST, DENSEST = 0.92, 0.1
"""Shares of the ground that come through: above there is hardly any ink, below hardly any ground."""
AGREED, THICK_AGREED = 0.9, 0.72
"""Correlation of ink and ground from which one blend explains letters, and a banner: its ground is farther off."""
STRAY = 16.0
"""Levels of the ground by which ink and ground next to each other may disagree, in the median."""
VARIED = 1.5
"""Standard deviation of the ground, levels, below which it tells no blend, and any fill is good."""
MIN_DISTANCE, MAX_DISTANCE = 1.5, 7.0
"""Pixels from the ink's edge between which ink and ground are compared."""
BLUR, WIDE_BLUR = 3.0, 7.0
"""Sigma in pixels over which the ground beside is averaged; where it is farther off."""
SMEARED, DEEP = 3.0, 10.0
"""The same where the shade of a banner is settled: JPEG smears colours over the edge."""
SHOWN = 0.05
"""Share of a blur's window below which the ground beside is not seen."""
THICK = 12.0
"""Pixels of depth from which ink is a banner."""
WIDEST, WHOLLY = 6, 0.85
"""Most pixels by which the mask of a banner may be too wide; share of ink up to which it is."""
QUIET = 2.0
"""Contrast of the ground, levels, below which any fill of letters is good."""
SOFT = 1
"""Pixels inside the mask's edge that are of less ink, or smeared."""
BROAD = 5.0
"""Depth in pixels from which the edge may be taken off twice as wide."""
WORTH = 0.2
"""Share of the ink inside its soft edge below which a fill does as well."""
SHADE_SIGMA = 12.0
"""Sigma in pixels of the blur over which the shade is fitted to the ground beside."""
TRUST = 0.1
"""Share of a blur's window from which that fit counts fully."""
ROUGHER, NOISE = 3.0, 6.0
"""Contrast of what is laid open, over that of the ground beside and in levels, above which it is no photo."""
BEYOND = 25
"""Levels beyond 0..255 from which what lies under the ink is no photo but other, opaque ink."""


@dataclass(frozen=True, eq=False)
class Blend:
    """I = through B + added.

    Attributes:
        through: 1 - a, share of the ground that is seen.
        added: [3], a C, levels.
    """

    through: float
    added: NDArray[np.float64]


def unblended(rgb: Rgb, mask: Mask) -> tuple[Rgb, Pixels]:
    """``rgb`` with see-through ink taken off, and where [H, W]; nowhere if all ink is opaque.

    Args:
        mask: [H, W] uint8, > 0 on ink.
    """
    result, done = rgb.copy(), np.zeros(mask.shape, np.bool_)
    for window, ink in _inks(mask):
        opened = _taken_off(rgb[window], ink, mask[window] > 0)
        if opened is not None:
            ground, core = opened
            result[window][core] = ground[core]
            done[window] |= core
    return result, done


def _inks(mask: Mask) -> Iterator[tuple[tuple[slice, slice], Pixels]]:
    """Letters that stand together: their window with some ground around, and their pixels in it."""
    joined = cv2.dilate((mask > 0).astype(np.uint8), np.ones((TOGETHER, TOGETHER), np.uint8))
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(joined)
    for number in range(1, count):
        left, top, wide, high = (int(side) for side in boxes[number, :4])
        window = np.s_[top : top + high, left : left + wide]
        yield window, (labels[window] == number) & (mask[window] > 0)


def _taken_off(rgb: Rgb, ink: Pixels, barred: Pixels) -> tuple[Rgb, Pixels] | None:
    """What lies under one ink, [h, w, 3], and where it is known; None where the ink is opaque, or a fill is as good."""
    light = rgb.astype(np.float32)
    depth = np.asarray(cv2.distanceTransform(ink.astype(np.uint8), cv2.DIST_L2, 3), np.float32)
    thickness = float(np.percentile(depth[ink], 90))
    thick = thickness > THICK
    trim = _too_wide(light, depth, barred) if thick else 0
    core = depth > trim + (2 * SOFT if thickness > BROAD else SOFT)
    beside = _ring(barred, MIN_DISTANCE, MAX_DISTANCE)
    ground, is_ground_known = _beside(light, beside, BLUR + trim / 2)
    rough = _contrast(light, ground, beside)
    if core.sum() < WORTH * ink.sum() or (rough < QUIET and not thick):
        return None
    samples = (
        is_ground_known & (depth > trim + min(MIN_DISTANCE, 0.6 * thickness)) & (depth < trim + MAX_DISTANCE)
    )
    blend = _blend(light, ground, samples, THICK_AGREED if thick else AGREED)
    if blend is None:
        return None
    under = (light - blend.added.astype(np.float32)) / np.float32(blend.through)
    beyond = ((under < -BEYOND) | (under > 255 + BEYOND)).any(axis=-1) & core
    other = cv2.morphologyEx(beyond.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    core &= cv2.dilate(other, np.ones((7, 7), np.uint8)) == 0
    if core.sum() < WORTH * ink.sum():
        return None
    if thick:
        ground, is_ground_known = _beside(light, _ring(barred, SMEARED, DEEP), WIDE_BLUR)
        samples = is_ground_known & (depth > trim + SMEARED) & (depth < trim + DEEP)
    under += _shade(ground - under, samples & core)
    if _contrast(under, ground, samples & core) > ROUGHER * rough + NOISE:
        return None
    return cast(Rgb, np.clip(np.rint(under), 0, 255).astype(np.uint8)), core


def _too_wide(light: Floats, depth: Floats, barred: Pixels) -> int:
    """Pixels by which a banner's mask is too wide, from the mean colour at each distance from its edge."""
    inside, outside = (
        light[part].mean(axis=0)
        for part in ((depth > WIDEST) & (depth < 2 * WIDEST), _ring(barred, MIN_DISTANCE, MAX_DISTANCE))
    )
    step = inside - outside
    along = (light - outside) @ (step / max(float(step @ step), 1e-6))
    for trim in range(WIDEST, 0, -1):
        ring = (depth > trim - 1) & (depth <= trim)
        if ring.any() and float(along[ring].mean()) < WHOLLY:
            return trim
    return 0


def _beside(light: Floats, free: Pixels, sigma: float) -> tuple[Floats, Pixels]:
    """Mean of the ``free`` ground next to each pixel of ink, and where there is any."""
    free_pixels = free.astype(np.float32)
    weight = cv2.GaussianBlur(free_pixels, (0, 0), sigma)
    mean = (
        cv2.GaussianBlur(light * free_pixels[..., None], (0, 0), sigma) / np.maximum(weight, 1e-4)[..., None]
    )
    return cast(Floats, mean), weight > SHOWN


def _ring(barred: Pixels, inner: float, outer: float) -> Pixels:
    """Pixels beside the ink, at such a distance in pixels."""
    away = cv2.distanceTransform((~barred).astype(np.uint8), cv2.DIST_L2, 3)
    return (away > inner) & (away < outer)


def _contrast(light: Floats, ground: Floats, where: Pixels) -> float:
    """How far pixels are from the averaged ground, levels."""
    return float(np.sqrt(np.mean((light - ground)[where] ** 2))) if where.any() else 0.0


def _blend(light: Floats, ground: Floats, samples: Pixels, agreed: float) -> Blend | None:
    """The blend of ink with the ground beside it; None where they do not agree, or hardly any is see-through."""
    solution = fitted(light, ground, samples)
    if solution is None or solution.agreement < agreed or solution.variation < VARIED:
        return None
    # ground beside is not ground below: either is off by as much, and the slope between them too flat
    through = _possible(solution.slope / solution.agreement, solution.ink, solution.ground)
    if not DENSEST < through < CLEAREST or solution.stray / through > STRAY:
        return None
    return Blend(through, solution.ink - through * solution.ground)


def _possible(slope: float, ink: NDArray[np.float64], ground: NDArray[np.float64]) -> float:
    """The largest share up to ``slope`` with which the ink is of a colour that there is: 0..255."""
    # (ink - t ground) / (1 - t) within 0..255, channel by channel
    over, below = (ink - 255) / np.minimum(ground - 255, -1e-6), ink / np.maximum(ground, 1e-6)
    return float(min(slope, *np.minimum(over, below)))


def _shade(off: Floats, samples: Pixels) -> Floats:
    """What is added so that the shade meets the ground beside: smooth, for texture goes its own ways."""
    if not samples.any():
        return np.zeros_like(off)
    everywhere = np.median(off[samples], axis=0)
    limit = 3 * np.median(np.abs(off[samples] - everywhere), axis=0) + 2
    weight = samples.astype(np.float32)
    held = np.clip(off - everywhere, -limit, limit) * weight[..., None]
    share = cv2.GaussianBlur(weight, (0, 0), SHADE_SIGMA)
    return cast(Floats, everywhere + cv2.GaussianBlur(held, (0, 0), SHADE_SIGMA) / (share + TRUST)[..., None])
