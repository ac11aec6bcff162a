"""``sluice style``: the look of reference pictures becomes a recipe's, and what looks otherwise is asked about."""

import json
import tomllib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from line.facts import Facts
from line.picture import FlagKind, Picture
from line.recipe import Recipe
from models.contract import build as build_models
from tasks.recipes import check
from tasks.registry import build
from tasks.runner.execute import execute
from tasks.runner.types import Attempt, Loaded, PreparedStep
from tests.harness.command import call
from worker.model_cache import ModelCache

RECIPE = 'name = "spring"\n[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "deliver"\n'


def shot(seed: int, warm: float = 0.0) -> np.ndarray:
    """A soft product on a light ground, red first; ``warm`` moves red up and blue down, levels."""
    random = np.random.default_rng(seed)
    rgb = np.full((240, 320, 3), 215.0, np.float32)
    colour = [float(level) for level in random.integers(80, 140, 3)]
    cv2.circle(rgb, (160, 120), int(random.integers(50, 70)), colour, -1)
    moved = cv2.GaussianBlur(rgb, (0, 0), 3) + np.asarray([warm, 0, -warm], np.float32)
    return np.clip(moved, 0, 255).astype(np.uint8)


@pytest.fixture
def campaign(tmp_path: Path) -> Path:
    folder = tmp_path / "best"
    folder.mkdir()
    for seed in range(6):
        cv2.imwrite(str(folder / f"{seed}.png"), cv2.cvtColor(shot(seed), cv2.COLOR_RGB2BGR))
    return folder


def delivered(recipe: Recipe, rgb: np.ndarray, **facts: Any) -> Attempt:
    picture = Picture("a.png", rgb, facts=Facts(**facts))
    prepared = PreparedStep(
        build().get("deliver"), recipe.steps[-1], recipe, None, ModelCache(build_models())
    )
    (tried,) = execute(prepared, [Loaded(picture, 0)])
    return tried


def test_what_it_prints_is_a_recipes_table_and_locks_what_is_delivered(campaign: Path) -> None:
    answer = call("style", campaign)
    assert answer.code == 0, answer.err
    assert "from 6 pictures" in answer.out
    assert len(tomllib.loads(answer.out)["style"]) == 20
    locked = check(RECIPE + answer.out, "spring.toml", build(), build_models())
    assert delivered(locked, shot(3)).verdict.passed
    warm = delivered(locked, shot(3, warm=30)).verdict
    assert (warm.kind, {reason.gate for reason in warm.reasons}) == (FlagKind.POLICY, {"style_lock"})
    assert delivered(check(RECIPE, "plain.toml", build(), build_models()), shot(3, warm=30)).verdict.passed


def test_a_person_who_accepts_another_look_is_not_asked_again(campaign: Path) -> None:
    locked = check(RECIPE + call("style", campaign).out, "spring.toml", build(), build_models())
    assert delivered(locked, shot(3, warm=30), accepted=True).verdict.passed


def test_a_picture_unlike_the_other_references_is_named(campaign: Path) -> None:
    cv2.imwrite(str(campaign / "odd.png"), shot(9, warm=60))  # written blue first: it is cold
    report = json.loads(call("style", campaign, "--widen", 1, "--json").out)
    assert report["pictures"] == 7
    assert "odd.png" in report["strangers"]
    assert all(low < high for low, high in report["style"].values())
    assert f"{len(report['strangers'])} would be flagged: " in call("style", campaign, "--widen", 1).out


def test_more_room_is_wider(campaign: Path) -> None:
    narrow, wide = (
        json.loads(call("style", campaign, "--widen", at, "--json").out)["style"] for at in (0, 2)
    )
    assert all(wide[name][0] <= narrow[name][0] and narrow[name][1] <= wide[name][1] for name in narrow)
    assert narrow != wide


@pytest.mark.parametrize(
    ("count", "message"), [(0, "no picture is there"), (2, "2 reference pictures are too few")]
)
def test_too_few_references_are_refused(tmp_path: Path, count: int, message: str) -> None:
    folder = tmp_path / "few"
    folder.mkdir()
    for seed in range(count):
        cv2.imwrite(str(folder / f"{seed}.png"), shot(seed))
    answer = call("style", folder)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err
