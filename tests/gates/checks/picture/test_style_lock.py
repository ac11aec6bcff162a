"""A campaign's look is locked: what looks otherwise is a person's to decide, and nothing else is asked for."""

from collections.abc import Mapping

import cv2
import numpy as np
import pytest

from gates.contract import Limit, judge, registry
from gates.edit import Edit
from gates.metrics.picture.look import SLACK, figures, kind, look, outside, ranges
from line.picture import FlagKind, Rgb

GATE = registry().gates["style_lock"]


def photo(seed: int, *, warm: float = 0.0, dark: float = 1.0, grain: float = 0.0) -> Rgb:
    """A soft product on a light ground; ``warm`` moves red up and blue down, levels."""
    random = np.random.default_rng(seed)
    rgb = np.full((300, 400, 3), 225.0, np.float32)
    centre, colour = random.integers(120, 180, 2), random.integers(60, 140, 3)
    cv2.circle(rgb, (int(centre[0]), int(centre[1])), 80, [float(level) for level in colour], -1)
    rgb = cv2.GaussianBlur(rgb, (0, 0), 3) * dark + np.array([warm, 0, -warm], np.float32)
    noisy: np.ndarray = rgb + random.normal(0, grain, rgb.shape) if grain else rgb
    return np.asarray(np.clip(noisy, 0, 255), np.uint8)


def edit(rgb: Rgb, style: Mapping[str, tuple[float, float]] | None = None) -> Edit:
    return Edit("deliver", rgb, rgb, style=style or {})


@pytest.fixture(scope="module")
def locked() -> dict[str, tuple[float, float]]:
    return ranges([look(photo(seed)) for seed in range(12)], 0.15)


def test_every_reference_lies_within_the_ranges_taken_from_it(locked: dict[str, tuple[float, float]]) -> None:
    for seed in range(12):
        assert not any(outside(look(photo(seed)), locked).values())
    assert set(locked) == set(figures())
    assert all(kind(name) in SLACK for name in locked)


@pytest.mark.parametrize(
    ("change", "reading"),
    [
        ({"warm": 25.0}, "style_palette"),
        ({"dark": 0.6}, "style_tone"),
        ({"grain": 20.0}, "style_texture"),
        ({"grain": 20.0}, "style_contrast"),
    ],
)
def test_another_look_is_flagged_for_its_kind_and_as_policy(
    locked: dict[str, tuple[float, float]], change: dict[str, float], reading: str
) -> None:
    verdict = judge(edit(photo(99, **change), style=locked), gates=[GATE])
    assert reading in {reason.reading for reason in verdict.reasons}
    assert verdict.kind is FlagKind.POLICY
    assert verdict.readings[reading] > 1


def test_a_stranger_of_the_same_look_passes_at_any_size(locked: dict[str, tuple[float, float]]) -> None:
    passed = [judge(edit(photo(seed), style=locked), gates=[GATE]).passed for seed in range(100, 120)]
    assert sum(passed) >= 15
    large = cv2.resize(photo(3), (1600, 1200), interpolation=cv2.INTER_CUBIC)
    assert judge(edit(np.asarray(large), style=locked), gates=[GATE]).passed


def test_without_a_style_nothing_is_measured_and_a_recipe_may_allow_more(
    locked: dict[str, tuple[float, float]],
) -> None:
    assert GATE.measure(edit(photo(1))) == GATE.measure(edit(photo(1), style={})) == {}
    warm = edit(photo(99, warm=25.0), style=locked)
    wide = {name: Limit(at_most=1000.0) for name in GATE.limits}
    assert judge(warm, wide, gates=[GATE]).passed
    assert "look_palette_b" in GATE.measure(warm)


def test_only_figures_with_a_range_count() -> None:
    result = GATE.measure(edit(photo(99, warm=25.0), style={"tone_50": (0.0, 255.0)}))
    assert {result[name] for name in GATE.limits} == {0.0}
