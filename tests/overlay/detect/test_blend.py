import numpy as np
import pytest

from overlay.detect.blend import fitted

RANDOM = np.random.default_rng(5)
GROUND = np.repeat(np.repeat(RANDOM.integers(40, 216, (8, 8, 3)), 8, axis=0), 8, axis=1).astype(np.float32)
EVERYWHERE = np.ones((64, 64), bool)


def test_a_blend_is_found_again_under_grain() -> None:
    light = 0.4 * GROUND + np.float32([120, 30, 10]) + RANDOM.normal(0, 4, GROUND.shape).astype(np.float32)
    found = fitted(light, GROUND, EVERYWHERE)
    assert found is not None
    assert found.slope == pytest.approx(0.4, abs=0.02)
    assert found.ink - found.slope * found.ground == pytest.approx([120, 30, 10], abs=2)
    assert found.agreement > 0.99


def test_places_of_other_ink_do_not_pull_it_away() -> None:
    light = 0.4 * GROUND + 60
    light[:16] = 255
    found = fitted(light, GROUND, EVERYWHERE)
    assert found is not None
    assert found.slope == pytest.approx(0.4, abs=0.02)
    assert found.stray < 1


def test_too_few_places_tell_no_blend() -> None:
    where = np.zeros((64, 64), bool)
    where[:8, :40] = True
    assert fitted(GROUND, GROUND, where) is None
