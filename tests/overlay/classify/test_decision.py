import json
import math

import numpy as np
import pytest

from overlay.classify.context_features import company
from overlay.classify.decision import (
    TREES,
    Forest,
    as_odds,
    as_probability,
    company_odds,
    forests,
    overlay_odds,
)
from overlay.classify.features import compare, describe
from overlay.detect.candidate import Candidate
from overlay.mask.panel import find_shape
from overlay.mask.strokes import find_strokes
from overlay.segment.scene import look

QUAD = np.array([[20, 20], [90, 20], [90, 40], [20, 40]], np.float32)


def features(rgb: np.ndarray) -> dict[str, float]:
    scene, region, laid = look(rgb), Candidate(QUAD, 0.8), np.zeros((1, 1), np.float32)
    strokes = find_strokes(rgb, QUAD)
    shape = find_shape(scene.view, scene.scale, QUAD, strokes)
    (alone,) = compare([describe(rgb, region, strokes, shape, scene, [region], laid)])
    return dict(alone)


def test_the_shipped_trees_know_every_feature_that_is_measured() -> None:
    measured = features(np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8))
    alone, among = forests()
    assert set(alone.features) == set(measured)
    assert set(among.features) == set(company([QUAD], [None], [0.0])[0])


def test_the_shipped_file_is_small_json() -> None:
    assert TREES.stat().st_size < 5e6
    stored = json.loads(TREES.read_text())
    assert stored["alone"]["trees"]
    assert stored["among"]["trees"]


@pytest.mark.parametrize("fill", [0, 128, 255])
def test_one_colour_gives_a_probability_and_no_error(fill: int) -> None:
    odds = overlay_odds(features(np.full((80, 120, 3), fill, np.uint8)))
    (heard,) = company([QUAD], [None], [odds])
    assert 0 < as_probability(company_odds(heard)) < 1


def test_every_feature_is_a_finite_number_on_noise() -> None:
    measured = features(np.random.default_rng(0).integers(0, 256, (80, 120, 3), np.uint8))
    assert all(math.isfinite(value) for value in measured.values())


def test_leaves_add_up_to_log_odds() -> None:
    tree = {"feature": [0, -2, -2], "threshold": [0.5, -2, -2], "left": [1, -1, -1], "right": [2, -1, -1],
            "value": [0.0, -1.0, 2.0]}  # fmt: skip
    two = Forest(("tilt",), 0.5, (tree, tree))
    assert two.odds({"tilt": 0.5}) == pytest.approx(-1.5)
    assert two.odds({"tilt": 0.6}) == pytest.approx(4.5)


def test_a_feature_that_is_no_number_counts_as_not_measured() -> None:
    tree = {"feature": [0, -2, -2], "threshold": [-0.5, -2, -2], "left": [1, -1, -1], "right": [2, -1, -1],
            "value": [0.0, 3.0, -3.0]}  # fmt: skip
    assert Forest(("tilt",), 0.0, (tree,)).odds({"tilt": math.nan}) == pytest.approx(3.0)


@pytest.mark.parametrize("probability", [0.001, 0.3, 0.5, 0.94])
def test_odds_and_probability_are_one_anothers_inverse(probability: float) -> None:
    assert as_probability(as_odds(probability)) == pytest.approx(probability)


def test_certainty_has_finite_odds() -> None:
    assert math.isfinite(as_odds(0.0))
    assert math.isfinite(as_odds(1.0))
