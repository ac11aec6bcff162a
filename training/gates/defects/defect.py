"""A kind of defect, and the ways of damaging a good picture that several kinds share."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from gates.edit import Edit
from line.picture import Rgb
from training.gates.captions import jpeg
from training.gates.defects.visible import VIEWING_BLUR

GROUND = 0.001
"""Share of a picture that must be nearly white for there to be a ground to grey: one pixel of glint is none."""


@dataclass(frozen=True, slots=True, eq=False)
class Good:
    """A good edit and what a defect may draw on.

    Attributes:
        edit: the good edit.
        ideal: [H, W, 3] uint8 the picture that the edit should have led to, over its whole area.
        other: [H, W, 3] uint8 another photo of the same size.
        random: drawn from; seeded by photo and kind.
        tune: whether limits are tuned on it; some parameters of the others were never seen while tuning.
    """

    edit: Edit
    ideal: Rgb
    other: Rgb
    random: np.random.Generator
    tune: bool

    def vary(self, tune: tuple[float, float], test: tuple[float, float]) -> float:
        """A parameter from a range for each part of the photos: what is reported goes beyond what was tuned on."""
        return float(self.random.uniform(*(tune if self.tune else test)))


@dataclass(frozen=True, slots=True)
class Defect:
    """One kind of damage.

    Exactly one of ``span`` and ``units`` is given. Within a span the strength is searched for at
    which this photo shows the damage as severely as :mod:`training.gates.defects.visible` says. Units are
    the strengths that the trade speaks of (degrees, pixels, percent); there the named severity holds where
    the damage is at least ``visibility_share`` times as visible as that severity asks for.

    Attributes:
        kind: its name in the report.
        transform: which step's edits it damages.
        damage: makes the bad edit.
        span: the weakest and the strongest strength that is tried.
        units: ``damage``'s strength when just visible, plain and gross.
        blur: the distance from which it is looked at, see :func:`training.gates.defects.visible.visibility`.
        visibility_share: minimum visibility of a named severity, as a share of the one in ``SEVERITIES``: half by
            default; all of it for texture that only moved; less for damage that shows by its regularity (tiles,
            stairs) or by an absence (grain). Missing grain counts as plain from a visibility of 1 on.
        always: counts even where nobody could see it (a changed pixel outside the mask).
    """

    kind: str
    transform: str
    damage: Callable[[Good, float], Edit]
    span: tuple[float, float] | None = None
    units: tuple[float, float, float] | None = None
    blur: float = VIEWING_BLUR
    visibility_share: float = 0.5
    always: bool = False


def whole(change: Callable[[Rgb, float, Good], Rgb]) -> Callable[[Good, float], Edit]:
    """Damage to the whole result."""

    def damage(good: Good, strength: float) -> Edit:
        after = change(good.edit.after, strength, good)
        return Edit(good.edit.transform, good.edit.before, after, good.edit.mask)

    return damage


def levels(picture: np.ndarray) -> Rgb:
    """Rounded to uint8."""
    return np.asarray(np.clip(np.rint(picture), 0, 255), np.uint8)


def blur(rgb: Rgb, sigma: float, good: Good) -> Rgb:
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), sigma), np.uint8)


def noise(rgb: Rgb, sigma: float, good: Good) -> Rgb:
    return levels(rgb + good.random.normal(0, sigma, (*rgb.shape[:2], 1)))


def shade(rgb: Rgb, by: float, good: Good) -> Rgb:
    return levels(rgb.astype(np.float32) + (by if rgb.mean() < 140 else -by))


def washed(rgb: Rgb, share: float, good: Good) -> Rgb:
    """So much of the contrast around the mean gone."""
    mean = rgb.reshape(-1, 3).mean(axis=0)
    return levels(mean + (rgb - mean) * (1 - share))


def hue(rgb: Rgb, degrees: float, good: Good) -> Rgb:
    """Turned in the a*b* plane, lightness and chroma kept."""
    plane = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)
    turn = np.radians(degrees if good.random.random() < 0.5 else -degrees)
    a, b = plane[..., 1].copy(), plane[..., 2].copy()
    plane[..., 1], plane[..., 2] = a * np.cos(turn) - b * np.sin(turn), a * np.sin(turn) + b * np.cos(turn)
    return levels(cv2.cvtColor(plane, cv2.COLOR_Lab2RGB) * 255)


def cast(rgb: Rgb, by: float, good: Good) -> Rgb:
    """A warm or cold cast: red against blue."""
    sign = 1 if good.random.random() < 0.5 else -1
    return levels(rgb.astype(np.float32) + np.array((by, 0, -by), np.float32) * sign)


def grain_gone(rgb: Rgb, side: float, good: Good) -> Rgb:
    """Smoothed within surfaces, edges kept."""
    return np.asarray(cv2.bilateralFilter(rgb, int(side), 12 * side, side / 2), np.uint8)


def oversharpened(rgb: Rgb, amount: float, good: Good) -> Rgb:
    soft = cv2.GaussianBlur(rgb, (0, 0), good.vary(tune=(1.5, 2.0), test=(2.0, 2.5)))
    return np.asarray(cv2.addWeighted(rgb, 1 + amount, soft, -amount, 0), np.uint8)


def blocks(rgb: Rgb, quality: float, good: Good) -> Rgb:
    return jpeg(rgb, int(quality))


def banding(rgb: Rgb, step: float, good: Good) -> Rgb:
    """Posterised, everywhere."""
    return levels(np.rint(rgb / step) * step)


def bands(rgb: Rgb, step: float, good: Good) -> Rgb:
    """Smooth gradients broken into steps, most of their grain gone; edges, texture and even grounds kept."""
    plane = rgb.astype(np.float32)
    smooth = cv2.GaussianBlur(plane, (0, 0), 4)
    light, shade = (cv2.cvtColor(part, cv2.COLOR_RGB2GRAY) for part in (plane, smooth))
    slope = cv2.magnitude(*(cv2.Sobel(shade, cv2.CV_32F, *way, scale=1 / 8) for way in ((1, 0), (0, 1))))
    slope, detail = (cv2.GaussianBlur(part, (0, 0), 4) for part in (slope, np.abs(light - shade)))
    where = np.clip(slope / 0.05 - 0.5, 0, 1) * np.clip(2 - detail / 2, 0, 1)
    where = cv2.GaussianBlur(where, (0, 0), 2)[..., None]
    edge = good.vary(tune=(0.4, 0.6), test=(0.6, 0.9))
    stairs = cv2.GaussianBlur(np.rint(smooth / step) * step, (0, 0), edge) + 0.2 * (plane - smooth)
    return levels(plane + where * (stairs - plane))


def micro_tiling(rgb: Rgb, percent: float, good: Good) -> Rgb:
    """A small pattern repeated every few pixels, as transposed convolutions leave it."""
    side = round(good.vary(tune=(5, 8.5), test=(3.5, 6.5)))
    tile = good.random.normal(0, 1, (side, side))
    tile = (tile - tile.mean()) / tile.std() * percent * 2.55
    height, width = rgb.shape[:2]
    sheet = np.tile(tile, (height // side + 1, width // side + 1))[:height, :width, None]
    return levels(rgb + sheet)


def moire(rgb: Rgb, amplitude: float, good: Good) -> Rgb:
    """Slowly turning interference stripes."""
    rows, columns = np.mgrid[: rgb.shape[0], : rgb.shape[1]]
    angle, period = good.random.uniform(0, np.pi), good.vary(tune=(5, 7), test=(7, 10))
    wave = np.sin(2 * np.pi * (columns * np.cos(angle) + rows * np.sin(angle)) / period + rows**2 / 9000)
    return levels(rgb + amplitude * wave[..., None])


def invented(rgb: Rgb, amplitude: float, good: Good) -> Rgb:
    """Blobs and worms of a few pixels that no photo had."""
    field = good.random.normal(0, 1, rgb.shape[:2]).astype(np.float32)
    size = good.vary(tune=(1.1, 1.65), test=(1.4, 1.9))
    field = cv2.GaussianBlur(field, (0, 0), size) - cv2.GaussianBlur(field, (0, 0), 2.3 * size)
    return levels(rgb + amplitude * (field / field.std())[..., None])


def cropped(rgb: Rgb, percent: float, good: Good) -> Rgb:
    """So much cut off one corner and the rest enlarged to the old size: the subject moved and grown."""
    height, width = rgb.shape[:2]
    y, x = round(height * percent / 100), round(width * percent / 100)
    part = rgb[y:, x:] if good.random.random() < 0.5 else rgb[: height - y, : width - x]
    return np.asarray(cv2.resize(part, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def greyed_ground(rgb: Rgb, by: float, good: Good) -> Rgb:
    """What was nearly white has become a little grey."""
    light = np.clip((rgb.min(axis=2).astype(np.float32) - 225) / 20, 0, 1)[..., None]
    if np.count_nonzero(light) < GROUND * light.size:
        return rgb
    return levels(rgb - by * light)


def moved(rgb: Rgb, pixels: float, good: Good) -> Rgb:
    """Shifted, fractions of a pixel by interpolation."""
    along = np.array([[1, 0, pixels], [0, 1, pixels / 2]], np.float32)
    return np.asarray(
        cv2.warpAffine(rgb, along, rgb.shape[1::-1], flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def stretched(rgb: Rgb, percent: float, good: Good) -> Rgb:
    """Wider than it was, cut to the old size."""
    width = rgb.shape[1]
    wide = cv2.resize(rgb, (round(width * (1 + percent / 100)), rgb.shape[0]), interpolation=cv2.INTER_CUBIC)
    start = (wide.shape[1] - width) // 2
    return np.ascontiguousarray(wide[:, start : start + width])


def swapped(rgb: Rgb, share: float, good: Good) -> Rgb:
    """Red for blue, wholly or blended."""
    return np.asarray(
        cv2.addWeighted(rgb, 1 - share, np.ascontiguousarray(rgb[..., ::-1]), share, 0), np.uint8
    )


def half_grey(rgb: Rgb, share: float, good: Good) -> Rgb:
    """The bottom not decoded."""
    damaged = rgb.copy()
    damaged[round(rgb.shape[0] * (1 - share)) // 16 * 16 :] = 128
    return damaged


def wrong(rgb: Rgb, share: float, good: Good) -> Rgb:
    """Another photo, wholly or shining through."""
    other = cv2.resize(good.other, rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.addWeighted(rgb, 1 - share, other, share, 0), np.uint8)
