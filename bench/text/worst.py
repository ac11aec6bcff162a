"""One page of the worst cases, each before and after (magenta: the mask a person is shown)."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from bench.text.cases import Case

SIDE, LINE = 240, 16


def sheet(cases: list[Case], path: Path, columns: int = 5) -> None:
    """Writes the page as PNG."""
    rows = -(-len(cases) // columns)
    page = np.full((rows * (SIDE + LINE), columns * 2 * SIDE, 3), 90, np.uint8)
    for number, case in enumerate(cases):
        top, left = number // columns * (SIDE + LINE), number % columns * 2 * SIDE
        picture = case.thumbnail
        if picture is None:
            continue
        place = page[top + LINE : top + LINE + picture.shape[0], left : left + picture.shape[1]]
        place[:] = picture[:, : 2 * SIDE]
        words = f"{case.kind} {case.outcome} {case.reason} {case.covered:.2f} {case.missing}"
        cv2.putText(page, words, (left + 4, top + 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1)
    Image.fromarray(page).save(path)
