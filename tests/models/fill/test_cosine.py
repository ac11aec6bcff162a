"""The continuation of a photo into a hole."""

import cv2
import numpy as np

from models.fill.cosine import BLOCK, blocks_of, sparse_dct
from models.fill.laplace_fill import laplace_fill
from models.fill.opponent_colour import Planes


def grating(period: float) -> Planes:
    """[128, 160, 3] float32 stripes at an angle, in the first plane."""
    down, across = np.mgrid[:128, :160].astype(np.float32)
    planes = np.zeros((128, 160, 3), np.float32)
    planes[..., 0] = 200 + 40 * np.sin(2 * np.pi * (across + 0.5 * down) / period)
    return planes


def stroke() -> np.ndarray:
    hole = np.zeros((128, 160), np.uint8)
    cv2.line(hole, (45, 64), (115, 64), 1, 9)
    return hole > 0


def test_stripes_run_on_through_a_stroke() -> None:
    truth, hole = grating(11), stroke()
    fill = laplace_fill(np.where(hole[..., None], 0, truth).astype(np.float32), hole)
    filled = sparse_dct(fill, hole)
    assert np.abs(filled - truth)[hole, 0].mean() < 0.25 * np.abs(fill - truth)[hole, 0].mean()


def test_known_pixels_come_back_as_they_were() -> None:
    truth, hole = grating(17), stroke()
    assert (sparse_dct(truth, hole)[~hole] == truth[~hole]).all()
    assert (laplace_fill(truth, hole)[~hole] == truth[~hole]).all()


def test_a_membrane_over_a_slope_is_the_slope() -> None:
    down, across = np.mgrid[:128, :160].astype(np.float32)
    slope = np.repeat((down + 0.5 * across)[..., None], 3, axis=2)
    hole = stroke()
    fill = laplace_fill(np.where(hole[..., None], 0, slope).astype(np.float32), hole)
    assert np.abs(fill - slope).max() < 1


def test_blocks_are_a_view_and_not_a_copy() -> None:
    layers = np.zeros((3, 3 * BLOCK, 2 * BLOCK), np.float32)
    blocks_of(layers, 8, 0)[1, 0, 1, 0, 0] = 7
    assert layers[1, 8, BLOCK] == 7
