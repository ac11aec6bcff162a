"""Takes masked text off a photo and leaves every pixel outside the feathered mask as it was."""

from functools import partial
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.facts import Facts, PixelBox
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from models.contract import Filler, Model, Task
from models.fill.mask_refinement import JPEG, ringing_pixels
from overlay.unblend import unblended
from tasks.needs import is_masked
from tasks.transform import transform
from worker.queues import Queue

GROUND = 48
"""Pixels of surroundings by which a photo's quiet places are known."""
JOIN = 25
"""Pixels between two fills up to which they are told as one."""


@transform(
    queue=Queue.ERASE_TEXT,
    task=Task.FILL,
    default_model="surroundings",
    needed=is_masked,
    removes=True,
)
def erase_text(
    pictures: list[Picture],
    model: Model,
    *,
    dilate: int = 3,
    feather: int = 2,
    max_coverage: float = 0.12,
) -> list[Outcome]:
    """Fill what the mask covers and blend it in; see-through ink is taken off what shines through it instead.

    Args:
        dilate: pixels the mask is widened by, for antialiased rims and the rings JPEG leaves round them.
        feather: pixels over which the fill fades into the photo.
        max_coverage: share of the photo above which a person is asked instead; a mask that a
            person drew is taken as it is.
    """
    filler = cast(Filler, model)
    return [_erase(picture, filler, dilate, feather, max_coverage) for picture in pictures]


def _erase(picture: Picture, filler: Filler, dilate: int, feather: int, max_coverage: float) -> Outcome:
    if picture.mask is None or not picture.mask.any():
        return Edited(picture.with_(mask=None))
    by_person = picture.facts.person_mask
    widen = feathered if by_person else partial(widened, picture.rgb)
    touched = widen(picture.mask, dilate, feather)
    # a person's mask is no ink: it is drawn around
    laid_open, core = (picture.rgb, None) if by_person else unblended(picture.rgb, picture.mask)
    hole = touched if core is None else np.where(core, 0, touched).astype(np.uint8)
    coverage = float(np.mean(hole > 0))
    readings = {"coverage": coverage, "unblended": float(np.mean(touched > 0)) - coverage}
    if coverage > (1.0 if by_person else max_coverage) or hole.all():
        sentence = (
            f"Text covers {coverage:.1%} of the photo, more than the {max_coverage:.0%} "
            "that can be filled from the rest without inventing the product."
        )
        return Flagged("mask_too_large", sentence, picture=picture, readings=readings)
    filled = filler.fill(laid_open, hole, seed=picture.seed) if hole.any() else laid_open
    clean = composite(picture.rgb, filled, touched)
    facts = picture.facts | Facts(fills=(*picture.facts.fills, *fills(hole)))
    if core is not None and core.any():
        facts |= Facts(unblended=(*picture.facts.unblended, *fills(core)))
    return Edited(picture.with_(rgb=clean, mask=None, facts=facts), touched=touched, readings=readings)


def fills(touched: NDArray[np.uint8] | NDArray[np.bool_]) -> list[PixelBox]:
    """Left, top, right, bottom in pixels of each place that was filled, for the steps after this one.

    Letters of one line stand in one box: what is a few pixels apart is joined.
    """
    joined_area = cv2.dilate((touched > 0).astype(np.uint8), np.ones((1, JOIN), np.uint8))
    _, _, stats, _ = cv2.connectedComponentsWithStats(joined_area)
    return [
        (int(left), int(top), int(left + width), int(top + height))
        for left, top, width, height, _ in stats[1:]
    ]


def widened(rgb: Rgb, mask: Mask, dilate: int, feather: int) -> Mask:
    """``mask`` > 0 feathered, with the rings that JPEG left around it on quiet ground."""
    rings = np.zeros(mask.shape, np.bool_)
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    # from a corner of JPEG's blocks, with enough ground around to know it by
    top, left = (max(0, int(side[0]) - GROUND) // JPEG * JPEG for side in (rows, columns))
    part = np.s_[top : int(rows[-1]) + GROUND, left : int(columns[-1]) + GROUND]
    rings[part] = ringing_pixels(rgb[part], mask[part] > 0)
    return np.maximum(feathered(mask, dilate, feather), feathered(rings.astype(np.uint8), 0, feather))


def feathered(mask: Mask, dilate: int, feather: int) -> Mask:
    """``mask`` > 0 widened by ``dilate`` pixels at 255, then falling to 0 within ``feather`` more."""
    away = cv2.distanceTransform((mask == 0).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    fade = np.clip(1 - (away - dilate) / (feather + 1), 0, 1)
    soft: Mask = np.rint(255 * fade).astype(np.uint8)
    return soft


def composite(rgb: Rgb, filled: Rgb, touched: Mask) -> Rgb:
    """``filled`` over ``rgb`` by the weight of ``touched``; where that is 0, ``rgb`` bit for bit."""
    where = touched > 0
    weight = touched[where].astype(np.float32)[:, None] / 255
    under = rgb[where].astype(np.float32)
    result = rgb.copy()
    result[where] = np.rint(under + (filled[where].astype(np.float32) - under) * weight).astype(np.uint8)
    return result
