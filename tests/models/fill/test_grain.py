"""Grain for a fill."""

import cv2
import numpy as np

from models.fill.grain import add_grain
from models.fill.opponent_colour import Planes


def grounds(grain: np.ndarray) -> tuple[Planes, np.ndarray]:
    """A ground with ``grain`` in its planes and a hole without any."""
    hole = np.zeros(grain.shape[:2], np.bool_)
    hole[50:90, 60:180] = True
    return np.where(hole[..., None], 200, 200 + grain).astype(np.float32), hole


def neighbours(grain: np.ndarray, axis: int) -> float:
    """Correlation of neighbours along ``axis``."""
    one, other = (
        np.take(grain, span, axis) for span in (range(1, grain.shape[axis]), range(grain.shape[axis] - 1))
    )
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def test_grain_runs_the_way_it_runs_in_the_photo() -> None:
    streaks = np.random.default_rng(3).standard_normal((140, 240)).astype(np.float32)
    streaks = np.asarray(12 * cv2.GaussianBlur(streaks, (0, 0), sigmaX=1.5, sigmaY=0.2), np.float32)
    planes, hole = grounds(np.repeat(streaks[..., None], 3, axis=2))
    inside = add_grain(planes, hole, seed=4)[50:90, 60:180, 0]
    assert neighbours(inside, 1) > neighbours(inside, 0) + 0.3


def test_grain_of_a_grey_photo_is_grey() -> None:
    noise = np.random.default_rng(3).normal(0, 8, (140, 240)).astype(np.float32)
    planes, hole = grounds(np.stack([noise, 0 * noise, 0 * noise], axis=-1))
    planes[..., 1:] = 0
    result = add_grain(planes, hole, seed=4)
    assert result[hole, 0].std() > 5
    assert not result[hole][:, 1:].any()


def test_grain_is_laid_only_into_the_hole_and_alike_for_one_seed() -> None:
    noise = np.random.default_rng(3).normal(0, 8, (140, 240, 3)).astype(np.float32)
    planes, hole = grounds(noise)
    result = add_grain(planes, hole, seed=4)
    assert (result[~hole] == planes[~hole]).all()
    assert (add_grain(planes, hole, seed=4) == result).all()
    assert (add_grain(planes, hole, seed=5) != result).any()


def test_a_quiet_ground_gets_no_grain() -> None:
    planes, hole = grounds(np.random.default_rng(3).normal(0, 0.3, (140, 240, 3)).astype(np.float32))
    assert (add_grain(planes, hole, seed=4) == planes).all()
