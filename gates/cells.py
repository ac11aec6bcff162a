"""From a cell of a coarse grid to its box in the picture."""

import numpy as np

from gates.contract import Box
from gates.patch import Floats


def box_of_worst(cells: Floats, height: int, width: int) -> Box:
    """Box in a picture of ``height`` × ``width`` under the greatest value of ``cells`` [rows, columns]."""
    row, column = np.unravel_index(int(cells.argmax()), cells.shape)
    tall, wide = height / cells.shape[0], width / cells.shape[1]
    x, y = int(column * wide), int(row * tall)
    return x, y, min(width - x, max(1, round(wide))), min(height - y, max(1, round(tall)))
