"""Means over a grid are those of OpenCV, whatever the sizes."""

import cv2
import numpy as np
import pytest

from gates.metrics.picture.area import area_means


@pytest.mark.parametrize(
    ("shape", "size"),
    [
        ((64, 96), (6, 4)),
        ((101, 67), (9, 13)),
        ((90, 77, 3), (31, 40)),
        ((701, 603, 3), (60, 71)),
        ((5, 7, 3), (5, 3)),
    ],
)
@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_cells_hold_the_mean_of_the_pixels_under_them(
    shape: tuple[int, ...], size: tuple[int, int], kind: type
) -> None:
    picture: np.ndarray = np.random.default_rng(1).integers(0, 256, shape).astype(kind)
    wanted = cv2.resize(picture.astype(np.float64), size, interpolation=cv2.INTER_AREA)
    result = area_means(picture, size)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, wanted, atol=1e-3)


def test_a_grid_finer_than_the_picture_repeats_its_pixels() -> None:
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    np.testing.assert_allclose(
        area_means(picture, (8, 6)), picture.repeat(2, axis=0).repeat(2, axis=1), atol=1e-5
    )
