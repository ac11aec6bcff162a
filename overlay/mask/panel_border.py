"""What is drawn around a banner or badge: a contour, a second colour, the hatching of a sticker's side."""

import cv2
import numpy as np

from line.picture import Mask, Rgb
from overlay.mask.strokes import filled_around

WIDEST = 0.3
"""Width of an edging at most, in heights of the text on the shape."""
FEWEST = 3
"""Pixels that are looked at outside the shape at least."""
STANDS_OUT = 24.0
"""Levels (Euclidean over RGB) by which an edging differs from the scene beyond it."""
FIRMLY = 2.0
"""Times the scene's own changes there by which it does."""
EVEN = 20.0
"""Median distance of the first rings' pixels from their middle colour, levels, above which they are no contour."""
CONTOUR = 2
"""Pixels that a contour has at least."""
ALL_ALONG = 0.6
"""Share of the contour that stands out."""
GOES_ON = 0.15
"""Share of the outermost ring that an edging may reach: what goes on there is a thing of the scene."""
BEYOND = 8
"""Pixels of the scene that are looked at beyond the widest edging."""


def with_edging(shape: Mask, rgb: Rgb, tall: float) -> Mask:
    """``shape`` [H, W] uint8 of 0 or 255, grown over the edging that is drawn around it; as it is where there is none.

    An edging begins with a contour of one colour all around. What hangs on to that and stands out from the scene
    beyond belongs to it, if it ends.

    Args:
        shape: the banner or badge.
        rgb: [H, W, 3] uint8, the photo.
        tall: height of the text on it, pixels.
    """
    widest = max(FEWEST, round(WIDEST * tall))
    rows, columns = np.nonzero(shape)
    if not len(rows):
        return shape
    reach = widest + BEYOND + 2
    window = np.s_[
        max(0, int(rows.min()) - reach) : int(rows.max()) + reach + 1,
        max(0, int(columns.min()) - reach) : int(columns.max()) + reach + 1,
    ]
    part = rgb[window].astype(np.float32)
    away = cv2.distanceTransform((shape[window] == 0).astype(np.uint8), cv2.DIST_L2, 5)
    beyond = (away > widest + 1) & (away <= widest + 1 + BEYOND)
    if not beyond.any():
        return shape
    ground = filled_around(rgb[window], beyond, (widest + BEYOND) / 2)
    off = np.linalg.norm(part - ground, axis=-1)
    own = float(np.median(off[beyond]))
    least = max(STANDS_OUT, FIRMLY * own)
    stands = (off > least) & (away > 0) & (away <= widest + 0.5)
    first = (away > 0) & (away <= CONTOUR + 0.5)
    spread = float(np.median(np.linalg.norm(part[first] - np.median(part[first], axis=0), axis=1)))
    if spread > EVEN or stands[first].mean() < ALL_ALONG:
        return shape
    _, pieces = cv2.connectedComponents(stands.astype(np.uint8))
    edging = np.isin(pieces, np.setdiff1d(pieces[first & stands], [0]))
    outermost = (away > widest - 0.5) & (away <= widest + 0.5)
    if edging[outermost].sum() > GOES_ON * outermost.sum():
        return shape
    grown = shape.copy()
    grown[window][cv2.dilate((edging | first).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0] = 255
    return grown
