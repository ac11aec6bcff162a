"""Steps on a regular grid, such as enlarged pixels or JPEG blocks."""

import cv2
import numpy as np

from gates.patch import Floats, Greys

NOISE_FLOOR = 0.3
"""Step (grey levels) added to both sides of the ratio."""


def grid_step(luma: Greys | Floats, cell: tuple[float, float]) -> float:
    """log2 of the mean step between neighbours across cell borders over that within cells; 0 if not greater.

    The blockiness of Wang, Bovik and Evans, "Blind measurement of blocking artifacts in images", 2000, in the pixel
    domain, for cells of any size, including fractions.

    Args:
        luma: [H, W] uint8 or float32, 0..255.
        cell: width and height of a cell in pixels, more than 1.
    """
    ratios = []
    for axis, side in ((1, cell[0]), (0, cell[1])):
        length = luma.shape[axis]
        behind, ahead = (luma[:, :-1], luma[:, 1:]) if axis else (luma[:-1], luma[1:])
        sums = cv2.reduce(cv2.absdiff(ahead, behind), 1 - axis, cv2.REDUCE_SUM, dtype=cv2.CV_32F)
        steps = sums.ravel() / luma.shape[1 - axis]
        for phase in (0.5, 0.0):  # resamplers align pixel centres or pixel edges
            border = np.diff(np.floor((np.arange(length) + phase) / side)) > 0
            if border.sum() >= 2 and (~border).sum() >= 2:
                across, within = steps[border].mean(), steps[~border].mean()
                ratios.append(float(np.log2((across + NOISE_FLOOR) / (within + NOISE_FLOOR))))
    return max(0.0, *ratios, 0.0)
