"""The trees that judge all figures of a fill together, and which figures they name."""

import cv2
import numpy as np
import pytest

from gates.checks.fill.fill_evidence import (
    CALIBRATION,
    FIGURES,
    GATE,
    MODEL,
    contributions,
    log_odds,
    measure,
    typical,
)
from gates.contract import judge
from gates.edit import Edit
from training.gates.captions import Overlaid, composite

MAX_MODEL_BYTES = 400_000


def erased(case: Overlaid, fill: np.ndarray) -> Edit:
    return Edit("erase_text", case.before, composite(case.before, fill, case.mask), case.mask)


def test_the_calibration_has_a_typical_value_of_each_figure_of_the_model() -> None:
    assert list(typical()) == list(FIGURES)
    assert MODEL.stat().st_size < MAX_MODEL_BYTES
    assert CALIBRATION.stat().st_size < MAX_MODEL_BYTES


def test_a_typical_good_fill_passes_and_no_figure_of_it_contributes() -> None:
    assert GATE.limits["evidence"].holds(log_odds(typical()))
    assert set(contributions(typical()).values()) == {0.0}


def test_a_contribution_is_what_the_log_odds_lose_when_the_figure_is_typical() -> None:
    figures = {**typical(), "off_colour": 30.0, "repetition": 0.9}
    expected = log_odds(figures) - log_odds({**figures, "off_colour": typical()["off_colour"]})
    assert contributions(figures)["off_colour"] == pytest.approx(expected, abs=1e-4)


def test_a_truer_fill_has_less_evidence_and_the_largest_contributions_are_named(cloth: Overlaid) -> None:
    blurred = cv2.GaussianBlur(cloth.truth, (0, 0), 4)
    good, bad = (measure(erased(cloth, fill)) for fill in (cloth.truth, blurred))
    assert good["evidence"] < 0 < bad["evidence"]
    named = [name for name in bad if name.startswith("evidence_of_")]
    assert 1 <= len(named) <= 3
    assert all(bad[name] > 0 for name in named)


def test_a_picture_without_masked_areas_has_no_evidence_against_it(cloth: Overlaid) -> None:
    nothing = np.zeros_like(cloth.mask)
    assert judge(Edit("erase_text", cloth.before, cloth.before, nothing)).passed


def test_an_area_that_was_left_as_it_was_is_no_fill(cloth: Overlaid) -> None:
    assert measure(Edit("erase_text", cloth.truth, cloth.truth, cloth.mask)) == measure(
        Edit("erase_text", cloth.truth, cloth.truth, np.zeros_like(cloth.mask))
    )
