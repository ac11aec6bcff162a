from typing import Any

import numpy as np
import pytest

from imaging.fit import Shape, downscale
from line.picture import Rgb


@pytest.fixture
def rgb() -> Rgb:
    return np.random.default_rng(2).integers(0, 256, (300, 200, 3)).astype(np.uint8)


def test_what_fits_is_the_very_same_array(rgb: Any) -> None:
    assert Shape(300).apply(rgb) is rgb
    assert Shape(1000).apply(rgb) is rgb


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        (Shape(150), (150, 100)),
        (Shape(299), (299, 199)),
        (Shape(1000, "square"), (300, 300)),
        (Shape(150, "square"), (150, 150)),
        (Shape(1000, "square", margin=0.1), (375, 375)),
        (Shape(150, "square", margin=0.1), (150, 150)),
        (Shape(1000, "pad", aspect=1.5), (300, 450)),
        (Shape(1000, "pad", aspect=0.5), (400, 200)),
        (Shape(300, "pad", aspect=1.5), (200, 300)),
    ],
)
def test_every_fit_has_the_size_it_promises(shape: Any, size: Any, rgb: Any) -> None:
    assert shape.apply(rgb).shape[:2] == size


@pytest.mark.parametrize("margin", [0.0, 0.05, 0.4])
@pytest.mark.parametrize("size", [(16, 400), (333, 77), (100, 100), (1, 50)])
def test_nothing_of_the_picture_is_cut_and_the_rest_is_ground(size: Any, margin: float) -> None:
    dark = np.zeros((*size, 3), np.uint8)
    result = Shape(5000, "square", ground="#fffefd", margin=margin).apply(dark)
    inside = (result == 0).all(axis=2)
    assert inside.sum() == dark.shape[0] * dark.shape[1]
    assert (result[~inside] == [255, 254, 253]).all()
    rows, columns = np.where(inside)
    top, left = rows.min(), columns.min()
    assert abs(top - (result.shape[0] - 1 - rows.max())) <= 1, "centred"
    assert abs(left - (result.shape[1] - 1 - columns.max())) <= 1


def test_flat_colours_stay_as_they_are_when_scaled() -> None:
    for level in range(256):
        flat = np.full((30, 20, 3), level, np.uint8)
        assert (downscale(flat, (7, 11)) == level).all()


def test_fine_black_and_white_keeps_its_light() -> None:
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype(np.uint8)
    grey = downscale(np.repeat(board[..., None], 3, 2), (16, 16))
    assert (grey == 188).all(), "half the light of white is sRGB 188; 128 would be a fifth of it"


def test_a_photo_scaled_by_halves_is_its_area_mean(rgb: Any) -> None:
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    mean = linear.reshape(150, 2, 100, 2, 3).mean(axis=(1, 3))
    coded = 255 * np.where(mean <= 0.0031308, 12.92 * mean, 1.055 * mean ** (1 / 2.4) - 0.055)
    assert np.abs(downscale(rgb, (100, 150)) - coded).max() <= 0.6
