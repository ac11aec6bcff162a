"""Error in places: what an average over the whole picture hides."""

from typing import cast

import numpy as np

from gates.measures.area import means_of
from gates.patch import Floats

CELL = 16
"""Side in pixels of the cells that are judged one by one."""
MASKING = 0.15
"""Share of a cell's own activity that an error may hide behind."""
FLOOR = 1.0
"""Grey levels of error that nobody sees on a smooth ground."""


def local_error(reference: Floats, luma: Floats) -> Floats:
    """[rows, columns] RMS error of each cell over what its own contrast hides; 1 is about the limit of sight.

    Contrast masking in its plainest form (Legge and Foley, "Contrast masking in human vision", 1980):
    the threshold rises with the contrast that is there.

    Args:
        reference, luma: [H, W] float32, 0..255, of one size.
    """
    size = (max(1, luma.shape[1] // CELL), max(1, luma.shape[0] // CELL))
    square, mean, power = means_of(_powers, (reference, luma), size)
    activity = np.sqrt(np.maximum(0, power - mean * mean))
    return cast(Floats, np.sqrt(np.maximum(0, square)) / (FLOOR + MASKING * activity))


def _powers(reference: Floats, luma: Floats) -> tuple[Floats, Floats, Floats]:
    difference = luma - reference
    return difference * difference, reference, reference * reference
