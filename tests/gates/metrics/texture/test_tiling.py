"""A pattern that repeats every few pixels is found at any strength that matters, and nowhere else."""

import cv2
import numpy as np
import pytest

from gates.metrics.texture.tiling import tiling
from gates.patch import luma
from line.picture import Rgb


def tiled(plane: np.ndarray, period: int, levels: float) -> np.ndarray:
    tile = np.random.default_rng(period).normal(0, 1, (period, period))
    tile = (tile - tile.mean()) / tile.std() * levels
    sheet = np.tile(tile, (plane.shape[0] // period + 1, plane.shape[1] // period + 1))
    return np.asarray(plane + sheet[: plane.shape[0], : plane.shape[1]], np.float32)


@pytest.fixture
def pair(textured: Rgb) -> tuple[np.ndarray, np.ndarray]:
    """Plain interpolation, and the sharper picture that it is held against."""
    large = cv2.resize(luma(textured), None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    small = cv2.resize(large, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, large.shape[::-1], interpolation=cv2.INTER_CUBIC), large


@pytest.mark.parametrize("period", [3, 4, 7, 8, 10])
def test_one_level_of_a_tile_is_found_at_its_strength(
    pair: tuple[np.ndarray, np.ndarray], period: int
) -> None:
    reference, large = pair
    # rows and columns of a tile that differ as a whole do not count
    expected = np.sqrt((period - 1) ** 2 / period**2)
    assert tiling(reference, tiled(large, period, 1.0)) == pytest.approx(expected, rel=0.4)


def test_a_true_enlargement_has_no_tiles(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert tiling(*pair) < 0.05


def test_cloth_that_was_there_before_is_no_tiling(pair: tuple[np.ndarray, np.ndarray]) -> None:
    cloth = tiled(pair[1], 6, 12.0)
    assert (
        tiling(cloth, np.asarray(cv2.GaussianBlur(cloth, (0, 0), 0.4), np.float32))
        < tiling(pair[1], cloth) / 3
    )


def test_a_pattern_in_one_corner_is_no_tiling(pair: tuple[np.ndarray, np.ndarray]) -> None:
    reference, large = pair
    part = large.copy()
    part[:128, :192] = tiled(large[:128, :192], 5, 3.0)
    assert tiling(reference, part) < 0.05


def test_a_picture_too_small_to_tell_has_none() -> None:
    plane = np.random.default_rng(0).uniform(0, 255, (20, 20)).astype(np.float32)
    assert tiling(plane, plane + 3) == 0
