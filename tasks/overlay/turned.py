"""How letters are set whatever their angle: what is drawn is square and stands on one line, turned or not."""

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tasks.overlay.capture import UNMEASURED

Floats = NDArray[np.floating]
NAMES = ("square", "square_spread", "square_skew", "feet_off", "feet_share")
FEWEST = 15
"""Pixels of a rim that a direction takes."""
NEAR = np.radians(12)
"""From the axis of stems or of bars, within which a rim is of one."""
TALL = 0.45
"""Share of the tallest letter's height from which a piece is a letter, no dot or dash."""
LETTERS = 4
"""Fewer letters than this stand on any line."""


def turned(angle: Floats, strength: Floats, glyphs: NDArray[np.uint8]) -> dict[str, float]:
    """Features of letters that do not change when all of them are turned together.

    ``square``: how much rims keep to two axes at right angles, 0..1 (length of the mean of four times their
    angles; Mardia and Jupp, "Directional statistics", 2000); ``square_spread``: degrees that those near an axis are
    off it; ``square_skew``: degrees that both axes are off a right angle, as a view from aside makes them.
    ``feet_off``: pixels that letters stand off a straight line, the median; ``feet_share``: share of letters within
    one pixel.

    Args:
        angle: [N] radians, directions of the rims' gradients.
        strength: [N], their strength.
        glyphs: [h, w] uint8, 1 on the letters.
    """
    if not strength.size:
        return dict.fromkeys(NAMES, UNMEASURED)
    mean = complex((strength * np.exp(4j * angle)).sum() / strength.sum())
    axis = float(np.angle(mean)) / 4
    sides = [_of_axis(angle, strength, axis + turn) for turn in (0.0, np.pi / 2)]
    off = np.concatenate([side for side, _ in sides])
    skew = abs(sides[0][1] - sides[1][1]) if min(len(side) for side, _ in sides) >= FEWEST else None
    return {
        "square": abs(mean),
        "square_spread": float(np.degrees(np.median(np.abs(off)))) if len(off) >= FEWEST else UNMEASURED,
        "square_skew": UNMEASURED if skew is None else float(np.degrees(skew)),
        **_feet(glyphs, axis),
    }


def _of_axis(angle: Floats, strength: Floats, axis: float) -> tuple[Floats, float]:
    """How far those near an axis are off it, radians, and their mean; gradients of both senses are of one axis."""
    off = (angle - axis + np.pi / 2) % np.pi - np.pi / 2
    near = np.abs(off) < NEAR
    weight = float(strength[near].sum())
    return off[near], float((off[near] * strength[near]).sum()) / weight if weight else 0.0


def _feet(glyphs: NDArray[np.uint8], axis: float) -> dict[str, float]:
    """How straight the line is on which the letters stand."""
    nothing = {"feet_off": UNMEASURED, "feet_share": UNMEASURED}
    count, labels = cv2.connectedComponents(glyphs)
    rows, columns = np.nonzero(labels)
    if count <= LETTERS:
        return nothing
    along, down = (columns * np.cos(a) + rows * np.sin(a) for a in (axis, axis + np.pi / 2))
    if np.ptp(down) > np.ptp(along):  # of both axes the text runs along the one in which it is longer
        along, down = down, -along
    which, pieces = labels[rows, columns].astype(np.int64), np.arange(1, count)
    low, high = ndimage.maximum(down, which, pieces), ndimage.minimum(down, which, pieces)
    middle = ndimage.mean(along, which, pieces)
    tall = low - high
    letters = tall > TALL * tall.max()
    if letters.sum() < LETTERS:
        return nothing
    feet, at = low[letters], middle[letters]
    first, last = np.triu_indices(len(feet), 1)
    apart = at[last] - at[first]
    clear = np.abs(apart) > 0.5 * float(np.median(tall[letters]))
    if not clear.any():
        return nothing
    slope = float(np.median((feet[last] - feet[first])[clear] / apart[clear]))  # Theil, 1950; Sen, 1968
    rest = feet - slope * at
    away = np.abs(rest - np.median(rest))
    return {"feet_off": float(np.median(away)), "feet_share": float(np.mean(away <= 1))}
