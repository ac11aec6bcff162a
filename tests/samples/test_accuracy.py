"""The shipped finder and gates keep stated figures on ``samples/accuracy``, which nothing is trained on.

The floors lie a few pictures below what was measured when they were set: they stop a change that breaks something, and
do not measure progress. `python -m training.evaluate` and `python -m bench.gates` do that.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from gates.contract import judge
from gates.edit import Edit
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from models.contract import Task, build
from tasks.find_text import find_text
from training.split import Part, part_of

FOLDER = Path(__file__).resolve().parents[2] / "samples" / "accuracy"
ROWS: list[dict[str, str]] = json.loads((FOLDER / "manifest.json").read_text("utf-8"))
COVERED = 0.5
"""Minimum share of an overlay's pixels in the mask to count as found."""
MIN_OVERLAYS_CAUGHT = 15 / 20
"""Minimum share of overlays that are masked or shown to a person."""
MAX_CLEAN_MASKED = 2 / 24
"""Maximum share of photos without an overlay of which something would be erased."""
MAX_CLEAN_ASKED = 8 / 24
"""Maximum share of photos without an overlay that a person is asked about."""
MIN_BAD_FILLS_FLAGGED = 6 / 8
MAX_GOOD_FILLS_FLAGGED = 1 / 8


def of_kind(kind: str) -> list[dict[str, str]]:
    return [row for row in ROWS if row["kind"] == kind]


def read(name: str) -> Rgb:
    return np.asarray(Image.open(FOLDER / name).convert("RGB"))


def mask_of(name: str) -> Mask:
    return np.asarray(Image.open(FOLDER / f"{name}.mask.png"))


@cache
def finder() -> Any:
    model = build().get(str(find_text.default_model), Task.FIND_TEXT)()
    model.load()
    return model


@cache
def outcome_of(name: str) -> Outcome:
    """What the shipped finder makes of a picture, by the default recipe's rules."""
    cv2.setNumThreads(1)
    (outcome,) = find_text.function([Picture(f"{name}.jpg", read(f"{name}.jpg"))], finder())
    return outcome


def is_masked(outcome: Outcome) -> bool:
    return (
        isinstance(outcome, Edited) and outcome.picture.mask is not None and bool(outcome.picture.mask.any())
    )


def test_overlays_are_masked_or_shown_to_a_person() -> None:
    def is_caught(name: str) -> bool:
        outcome = outcome_of(name)
        if isinstance(outcome, Flagged):
            return True
        if not isinstance(outcome, Edited) or outcome.picture.mask is None:
            return False
        return float(np.mean(outcome.picture.mask[mask_of(name) > 0] > 0)) >= COVERED

    missed = [row["name"] for row in of_kind("overlay") if not is_caught(row["name"])]
    assert len(missed) <= (1 - MIN_OVERLAYS_CAUGHT) * len(of_kind("overlay")), missed


def test_print_and_plain_products_are_left_alone() -> None:
    clean = [*of_kind("print"), *of_kind("plain")]
    masked = [row["name"] for row in clean if is_masked(outcome_of(row["name"]))]
    asked = [row["name"] for row in clean if isinstance(outcome_of(row["name"]), Flagged)]
    assert len(masked) <= MAX_CLEAN_MASKED * len(clean), masked
    assert len(asked) <= MAX_CLEAN_ASKED * len(clean), asked


def test_the_gates_flag_damaged_fills_and_pass_true_ones() -> None:
    def is_flagged(name: str) -> bool:
        before, after = read(f"{name}.before.webp"), read(f"{name}.after.webp")
        return not judge(Edit("erase_text", before, after, mask_of(name))).passed

    fills = of_kind("fill")
    bad, good = ([row for row in fills if row["verdict"] == verdict] for verdict in ("flag", "pass"))
    passed = [f"{row['name']}: {row['damage']}" for row in bad if not is_flagged(row["name"])]
    flagged = [row["name"] for row in good if is_flagged(row["name"])]
    assert len(passed) <= (1 - MIN_BAD_FILLS_FLAGGED) * len(bad), passed
    assert len(flagged) <= MAX_GOOD_FILLS_FLAGGED * len(good), flagged


def test_every_sample_may_be_shipped_and_is_never_trained_on() -> None:
    assert len(ROWS) == 60
    assert {row["licence"] for row in ROWS} <= {"CC0-1.0", "MIT"}
    assert {part_of(row["sha256"]) for row in ROWS} == {Part.REPORT}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_every_sample_has_its_files_and_its_licence(row: dict[str, str]) -> None:
    parts = ("before.webp", "after.webp", "mask.png") if row["kind"] == "fill" else ("jpg",)
    assert all((FOLDER / f"{row['name']}.{part}").is_file() for part in parts)
    assert f"`{row['name']}`" in (FOLDER / "LICENSES.md").read_text("utf-8")
