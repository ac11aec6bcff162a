"""Edits to judge: of drawn scenes, and of a few real photos that nothing is trained on."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from gates.edit import Edit
from line.picture import Rgb
from training.gates.captions import Overlaid, composite, overlay
from training.gates.photos import Photo, drawn

ACCURACY = Path(__file__).resolve().parents[2] / "samples" / "accuracy"
REAL = [
    Photo(path.name, np.asarray(cv2.imread(str(path), cv2.IMREAD_COLOR_RGB), np.uint8), False, number)
    for number, path in enumerate(sorted(ACCURACY.glob("plain-*.jpg"))[:3])
]
DRAWN = [Photo(f"drawn-{number}", drawn(number), True, number) for number in range(4)]


@pytest.fixture(params=DRAWN + REAL, ids=lambda photo: photo.name)
def photo(request: pytest.FixtureRequest) -> Photo:
    """One clean photo."""
    chosen: Photo = request.param
    return chosen


@pytest.fixture
def cloth() -> Overlaid:
    """Text on a textured ground."""
    return overlay(DRAWN[3])


@pytest.fixture
def white() -> Overlaid:
    """Text on a nearly white ground."""
    return overlay(DRAWN[0])


@pytest.fixture
def erased() -> Callable[[Overlaid, Rgb], Edit]:
    """An erasure that fills the mask of the first with the second."""

    def make(case: Overlaid, fill: Rgb) -> Edit:
        return Edit("erase_text", case.before, composite(case.before, fill, case.mask), case.mask)

    return make


@pytest.fixture
def textured() -> Rgb:
    """[256, 384, 3] uint8 with detail at every scale, in colour."""
    random = np.random.default_rng(5)
    noise = sum(
        scale * cv2.GaussianBlur(random.normal(0, 1, (256, 384, 3)), (0, 0), scale) * 30
        for scale in (0.6, 1, 2, 4, 8)
    )
    return np.asarray(np.clip(noise + np.array((150, 120, 90)), 0, 255), np.uint8)
