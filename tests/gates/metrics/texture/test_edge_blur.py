"""Edges that run out into a blur under a mask."""

import cv2
import numpy as np
import pytest

from gates.metrics.texture.edge_blur import blurred_edge_area
from gates.patch import find_patches
from line.picture import Rgb

MASK = np.zeros((140, 220), np.uint8)
MASK[45:95, 60:160] = 255


def scene(sigma: float = 0.7) -> Rgb:
    """A dark thing on white whose outline crosses the mask, seen through a lens of ``sigma`` pixels."""
    photo = np.full((140, 220, 3), 245, np.uint8)
    photo[:, 110:] = (40, 50, 60)
    return np.asarray(cv2.GaussianBlur(photo, (0, 0), sigma), np.uint8)


def filled(photo: Rgb, fill: Rgb) -> float:
    after = np.where(MASK[..., None] > 0, fill, photo)
    (patch,) = find_patches(photo, after, MASK)
    return blurred_edge_area(patch)


@pytest.mark.parametrize("lens", [0.7, 1.5])
def test_an_outline_that_goes_on_as_sharp_as_outside_is_not_smeared(lens: float) -> None:
    assert filled(scene(lens), scene(lens)) == 0


def test_an_outline_that_runs_out_into_a_blur_is() -> None:
    assert filled(scene(), scene(7)) > 2


def test_a_soft_outline_of_a_blurred_photo_is_true() -> None:
    assert filled(scene(4), scene(4)) == 0


def test_more_of_the_outline_smeared_counts_for_more() -> None:
    half = scene()
    half[70:] = scene(7)[70:]
    assert 0 < filled(scene(), half) < filled(scene(), scene(7))


def test_on_a_ground_without_edges_nothing_is_smeared() -> None:
    plain = np.full((140, 220, 3), 200, np.uint8)
    assert filled(plain, plain) == 0
