"""What goes wrong when text is erased."""

from collections.abc import Callable

import cv2
import numpy as np

from gates.edit import Edit
from line.picture import Mask, Rgb
from models.telea import Telea
from training.gates.captions import composite, feather
from training.gates.defects import defect as d
from training.gates.defects.defect import Defect, Good, levels


def within(change: Callable[[Rgb, float, Good], Rgb]) -> Callable[[Good, float], Edit]:
    """Damage to the fill alone, blended in by the mask."""

    def damage(good: Good, strength: float) -> Edit:
        edit = good.edit
        return Edit(
            "erase_text",
            edit.before,
            composite(edit.before, change(good.ideal, strength, good), _mask(good)),
            edit.mask,
        )

    return damage


def _mask(good: Good) -> Mask:
    if good.edit.mask is None:
        raise ValueError("an erasure needs a mask")
    return good.edit.mask


def ghost(fill: Rgb, left: float, good: Good) -> Rgb:
    return np.asarray(cv2.addWeighted(fill, 1 - left, good.edit.before, left, 0), np.uint8)


def bleeding(fill: Rgb, share: float, good: Good) -> Rgb:
    """The ink's colour smeared over the fill."""
    side = 2 * round(good.vary(tune=(9, 17), test=(6, 12))) + 1
    return np.asarray(
        cv2.addWeighted(fill, 1 - share, cv2.blur(good.edit.before, (side, side)), share, 0), np.uint8
    )


def seam(fill: Rgb, by: float, good: Good) -> Rgb:
    """A line one to three pixels wide along the fill's edge."""
    solid = (_mask(good) >= 250).astype(np.uint8)
    side = 2 * round(good.vary(tune=(0.5, 2.5), test=(0.5, 3.5))) + 1
    rim = solid - cv2.erode(solid, np.ones((side, side), np.uint8))
    return levels(fill + (by if fill.mean() < 140 else -by) * rim[..., None].astype(np.float32))


def copied(fill: Rgb, pixels: float, good: Good) -> Rgb:
    """Texture copied from the wrong place: so many pixels away, in some direction."""
    angle = good.vary(tune=(0, 2), test=(1, 3))
    away = (round(pixels * np.sin(angle)), round(pixels * np.cos(angle)))
    return np.ascontiguousarray(np.roll(fill, away, axis=(0, 1)))


def stamped(fill: Rgb, side: float, good: Good) -> Rgb:
    """One small square of picture repeated over the whole fill."""
    side = int(side)
    rows, columns = np.nonzero(_mask(good) == 0)
    pick = good.random.integers(len(rows))
    y, x = min(rows[pick], fill.shape[0] - side), min(columns[pick], fill.shape[1] - side)
    tile = fill[y : y + side, x : x + side].astype(np.float32)
    around = cv2.blur(fill, (41, 41)).astype(np.float32)
    sheet = np.tile(tile - tile.mean(axis=(0, 1)), (fill.shape[0] // side + 1, fill.shape[1] // side + 1, 1))
    return levels(around + sheet[: fill.shape[0], : fill.shape[1]])


def grown(good: Good, pixels: float) -> Edit:
    """The mask grown over what is beside the text, and all of it filled smoothly."""
    edit = good.edit
    kernel = np.ones((2 * int(pixels) + 1,) * 2, np.uint8)
    hard = np.asarray(cv2.dilate((_mask(good) > 0).astype(np.uint8) * 255, kernel), np.uint8)
    mask = feather(hard)
    fill = Telea().fill(edit.before, mask, seed=0)
    return Edit("erase_text", edit.before, composite(edit.before, fill, mask), mask)


def leak(good: Good, pixels: float) -> Edit:
    """The edit reaching outside the mask."""
    edit = good.edit
    reach = cv2.dilate(_mask(good), np.ones((2 * int(pixels) + 1,) * 2, np.uint8)) > 0
    after = edit.after.copy()
    after[reach & (_mask(good) == 0)] ^= 1
    return Edit("erase_text", edit.before, after, edit.mask)


def nothing_done(good: Good, share: float) -> Edit:
    """The text left as it was in part of the picture."""
    edit = good.edit
    after = edit.after.copy()
    count, labels = cv2.connectedComponents((_mask(good) > 0).astype(np.uint8))
    chosen = good.random.permutation(np.arange(1, count))[: max(1, round(share * (count - 1)))]
    keep = np.isin(labels, chosen)
    after[keep] = edit.before[keep]
    return Edit("erase_text", edit.before, after, edit.mask)


DEFECTS = (
    Defect("ghost of the text", "erase_text", within(ghost), units=(0.1, 0.25, 0.5)),
    Defect("text left in part", "erase_text", nothing_done, units=(0.1, 0.35, 1.0)),
    Defect("ink bleeding", "erase_text", within(bleeding), span=(0.02, 0.9)),
    Defect("flat blur fill", "erase_text", within(d.blur), span=(0.4, 12)),
    Defect("fill a shade off", "erase_text", within(d.shade), span=(1, 60)),
    Defect("fill of a cast", "erase_text", within(d.cast), span=(1, 60)),
    Defect("fill hue turned", "erase_text", within(d.hue), span=(2, 90)),
    Defect("fill contrast washed", "erase_text", within(d.washed), span=(0.04, 0.95)),
    Defect("seam", "erase_text", within(seam), span=(1, 60)),
    Defect(
        "copied texture misaligned",
        "erase_text",
        within(copied),
        units=(6, 16, 60),
        blur=2.5,
        visibility_share=1.0,
    ),
    Defect("stamped texture", "erase_text", within(stamped), units=(24, 16, 8)),
    Defect(
        "fill micro-tiling", "erase_text", within(d.micro_tiling), units=(1, 2, 5), visibility_share=0.125
    ),
    Defect("fill invented texture", "erase_text", within(d.invented), span=(1, 60)),
    Defect("fill noise amplified", "erase_text", within(d.noise), span=(1, 60)),
    Defect("fill grain gone", "erase_text", within(d.grain_gone), units=(5, 9, 15), visibility_share=0.25),
    Defect("mask grown over a detail", "erase_text", grown, units=(10, 20, 40)),
    Defect("edit outside the mask", "erase_text", leak, units=(1, 3, 10), always=True),
    Defect("fill from another photo", "erase_text", within(d.wrong), span=(0.02, 1)),
)
