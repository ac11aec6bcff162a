import numpy as np
import pytest

from models.fill.laplace_fill import laplace_fill


def test_a_deep_hole_in_a_slope_is_that_slope() -> None:
    down, across = np.mgrid[:200, :260].astype(np.float32)
    slope = np.stack([60 + 0.4 * down, 200 - 0.3 * across, 0.2 * (down + across)], axis=-1)
    hole = np.zeros(slope.shape[:2], np.bool_)
    hole[40:160, 50:210] = True
    assert np.abs(laplace_fill(slope * ~hole[..., None], hole) - slope).max() < 3


@pytest.mark.parametrize("side", [np.s_[:50], np.s_[-50:]])
def test_a_strip_along_the_border_goes_on_as_it_enters(side: slice) -> None:
    shades = np.zeros((200, 400, 3), np.float32)
    shades[:, :200], shades[:, 200:] = 250, 40
    hole = np.zeros(shades.shape[:2], np.bool_)
    hole[side] = True
    fill = laplace_fill(shades * ~hole[..., None], hole)[side]
    assert np.abs(fill[:, :60] - 250).max() < 12
    assert np.abs(fill[:, 340:] - 40).max() < 12


def test_what_is_known_stays_as_it_is() -> None:
    planes = np.random.default_rng(2).uniform(0, 255, (50, 60, 3)).astype(np.float32)
    hole = np.zeros(planes.shape[:2], np.bool_)
    hole[10:30, 20:50] = True
    assert np.array_equal(laplace_fill(planes, hole)[~hole], planes[~hole])


def test_no_film_is_darker_than_its_rim_however_steep_the_ground_behind_it() -> None:
    ramp = np.repeat(np.linspace(100, 240, 100, dtype=np.float32), 2)[:, None, None]
    planes = np.broadcast_to(ramp, (200, 300, 3)).copy()
    hole = np.zeros((200, 300), bool)
    hole[130:] = True
    fill = laplace_fill(planes, hole)
    assert fill[hole].min() >= planes[129, 0, 0] - 0.5
    assert fill[hole].max() <= planes[129, 0, 0] + 0.5
