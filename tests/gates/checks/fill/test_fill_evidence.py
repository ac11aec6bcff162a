"""The trees that weigh all figures of a fill, and what they say of their reasons."""

import cv2
import numpy as np
import pytest

from gates.checks.fill.fill_evidence import FIGURES, TREES, _forest, log_odds, measure, values_of, weighed
from gates.contract import judge
from gates.edit import Edit
from training.gates.captions import Overlaid, composite


def erased(case: Overlaid, fill: np.ndarray) -> Edit:
    return Edit("erase_text", case.before, composite(case.before, fill, case.mask), case.mask)


def test_the_trees_are_of_the_figures_that_the_gate_takes() -> None:
    forest = _forest()
    assert forest["features"] == list(FIGURES)
    assert TREES.stat().st_size < 200_000


def test_every_tree_ends_and_every_split_is_of_a_known_figure() -> None:
    for tree in _forest()["trees"]:
        for node, left in enumerate(tree["left"]):
            assert left == -1 or (node < left < len(tree["left"]) and tree["feature"][node] < len(FIGURES))


def test_the_shares_add_up_to_the_leaves_that_are_reached() -> None:
    figures = dict.fromkeys(FIGURES, 0.4)
    leaves = _forest()["prior"]
    values = values_of(figures)
    for tree in _forest()["trees"]:
        node = 0
        while tree["left"][node] >= 0:
            below = values[tree["feature"][node]] <= tree["threshold"][node]
            node = tree["left"][node] if below else tree["right"][node]
        leaves += tree["value"][node]
    assert sum(weighed(figures).values()) == pytest.approx(leaves)
    assert log_odds(figures) == pytest.approx(leaves)


def test_a_truer_fill_has_less_evidence_and_what_weighs_most_is_named(cloth: Overlaid) -> None:
    blurred = cv2.GaussianBlur(cloth.truth, (0, 0), 4)
    good, bad = (measure(erased(cloth, fill)) for fill in (cloth.truth, blurred))
    assert good["evidence"] < 0 < bad["evidence"]
    named = [name for name in bad if name.startswith("evidence_of_")]
    assert 1 <= len(named) <= 3
    assert all(bad[name] > 0 for name in named)


def test_a_picture_without_masked_areas_has_no_evidence_against_it(cloth: Overlaid) -> None:
    nothing = np.zeros_like(cloth.mask)
    assert judge(Edit("erase_text", cloth.before, cloth.before, nothing)).passed


def test_what_was_left_as_it_was_is_no_fill(cloth: Overlaid) -> None:
    assert measure(Edit("erase_text", cloth.truth, cloth.truth, cloth.mask)) == measure(
        Edit("erase_text", cloth.truth, cloth.truth, np.zeros_like(cloth.mask))
    )
