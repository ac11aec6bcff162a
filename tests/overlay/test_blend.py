import numpy as np
import pytest

from overlay.blend import fitted

RANDOM = np.random.default_rng(5)
GROUND = np.repeat(np.repeat(RANDOM.integers(40, 216, (8, 8, 3)), 8, axis=0), 8, axis=1).astype(np.float32)
EVERYWHERE = np.ones((64, 64), bool)


def test_a_blend_is_found_again_under_grain() -> None:
    light = (
        0.4 * GROUND
        + np.array([120, 30, 10], np.float32)
        + RANDOM.normal(0, 4, GROUND.shape).astype(np.float32)
    )
    solution = fitted(light, GROUND, EVERYWHERE)
    assert solution is not None
    assert solution.slope == pytest.approx(0.4, abs=0.02)
    assert solution.ink - solution.slope * solution.ground == pytest.approx([120, 30, 10], abs=2)
    assert solution.agreement > 0.99


def test_places_of_other_ink_do_not_pull_it_away() -> None:
    light = 0.4 * GROUND + 60
    light[:16] = 255
    solution = fitted(light, GROUND, EVERYWHERE)
    assert solution is not None
    assert solution.slope == pytest.approx(0.4, abs=0.02)
    assert solution.stray < 1


def test_too_few_places_tell_no_blend() -> None:
    where = np.zeros((64, 64), bool)
    where[:8, :40] = True
    assert fitted(GROUND, GROUND, where) is None
