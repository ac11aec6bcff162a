"""The check of commit subjects finds what is wrong with one, and lets an imperative pass."""

import runpy
from pathlib import Path

import pytest

FAULTS = runpy.run_path(str(Path(__file__).resolve().parents[2] / ".ci" / "subjects"))["faults"]


@pytest.mark.parametrize(
    "subject", ["Add a gate for clipping", "Pass the settings down", "Speed up the sweep"]
)
def test_an_imperative_is_let_pass(subject: str) -> None:
    assert FAULTS(subject) == []


@pytest.mark.parametrize(
    "subject",
    [
        "Added a gate",
        "Adding a gate",
        "Adds a gate",
        "The desk's keys are no reasons",
        "add a gate",
        "Add a gate.",
        "Add " + "g" * 70,
    ],
)
def test_another_subject_is_refused_with_one_sentence(subject: str) -> None:
    assert len(FAULTS(subject)) == 1
