"""Edits to judge: drawn scenes always, and a few real photos where they lie beside the checkout."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from bench.overlays import Overlaid, composite, overlay
from bench.photos import Photo, drawn, photos
from gates.edit import Edit
from line.picture import Rgb

REAL = [photo for photo in photos(3, long_side=480, sets=("product",)) if not photo.name.startswith("drawn-")]
DRAWN = [Photo(f"drawn-{number}", drawn(number), True, number) for number in range(4)]


@pytest.fixture(params=DRAWN + REAL, ids=lambda photo: photo.name)
def photo(request: pytest.FixtureRequest) -> Photo:
    """One clean photo."""
    return request.param


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
    return np.clip(noise + np.array((150, 120, 90)), 0, 255).astype(np.uint8)
