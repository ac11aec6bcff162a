"""Conversion of grid cells to boxes in the picture."""

import numpy as np

from gates.contract import Box
from gates.patch import Floats


def box_of_worst(cells: Floats, height: int, width: int) -> Box:
    """Box (x, y, width, height) in pixels of the cell with the greatest value.

    Args:
        cells: [rows, columns] float32 grid over the whole picture.
        height, width: size of the picture in pixels.
    """
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    tall, wide = height / cells.shape[0], width / cells.shape[1]
    x, y = int(column * wide), int(row * tall)
    return x, y, min(width - x, max(1, round(wide))), min(height - y, max(1, round(tall)))
