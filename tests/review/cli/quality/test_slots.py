"""``sluice slots``: set, compared, switched, taken by an upload, and taken back."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from records import recipes
from records.slots import matches
from tests.harness import db_builders
from tests.harness.command import Answer, call
from tests.harness.context import place, transact
from tests.harness.line import Line, photos

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

RECIPE = """
name = "slotted"
seed = 1
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "@upscaler"
target = 180
floor = 16
[[steps]]
transform = "deliver"
[breaker]
threshold = 0.15
min_judged = 40
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe whose slot was never set."""
    db_builders.execute("DELETE FROM slot_changes")
    db_builders.execute("DELETE FROM matches")
    path = tmp_path / "slotted.toml"
    path.write_text(RECIPE)
    return path


def set_(model: str, *words: str) -> Answer:
    return call("slots", "set", "upscaler", model, "--why", "spring photos", *words)


def listed(*words: str) -> list[dict[str, Any]]:
    listing: list[dict[str, Any]] = json.loads(call("slots", *words, "--json").out)
    return listing


def upscaler_of(batch: int) -> tuple[str | None, str | None]:
    step = transact(partial(recipes.load, digest=db_builders.head(batch).recipe)).steps[1]
    return step.model, step.slot


def test_an_upload_is_refused_while_the_slot_is_empty(recipe: Path, tmp_path: Path) -> None:
    assert call("slots").out.startswith("no slot is set")
    answer = call("submit", photos(tmp_path / "upload", 1), "--recipe", recipe)
    assert answer.code == 2
    assert "sluice slots set upscaler MODEL" in answer.err


def test_a_slot_is_set_for_batches_to_come_and_reverted_for_running_ones_too(
    recipe: Path, tmp_path: Path
) -> None:
    assert "evidence: first" in set_("lanczos").out
    first = place(photos(tmp_path / "first", 2), "acme", str(recipe), out=None)
    refused = set_("back_projection")
    assert refused.code == 2
    assert "sluice match lanczos back_projection --set DIR" in refused.err
    assert set_("back_projection", "--unsafe").code == 0
    second = place(photos(tmp_path / "second", 2), "acme", str(recipe), out=None)
    assert upscaler_of(first) == ("lanczos", "upscaler")
    assert upscaler_of(second) == ("back_projection", "upscaler")
    reverted = call("slots", "revert", "@upscaler", "--why", "too sharp")
    assert f"new shards of these batches run with it: {second}\n" in reverted.out
    (entry,) = listed()
    assert (entry["model"], entry["evidence"], entry["is_revert"]) == ("lanczos", "first", True)
    assert [change["model"] for change in listed("history", "upscaler")] == [
        "lanczos",
        "back_projection",
        "lanczos",
    ]
    assert call("slots", "revert", "upscaler").code == 2


def test_a_match_is_recorded_and_a_switch_names_it(recipe: Path, tmp_path: Path) -> None:
    set_("lanczos")
    few = json.loads(compared(photos(tmp_path / "few", 2), recipe).out)
    assert f"match {few['match']} compared" in set_("back_projection").err
    words = compared(photos(tmp_path / "set", 6, size=(120, 90)), recipe)
    number = json.loads(words.out)["match"]
    recorded = transact(partial(matches.get, match_id=number))
    assert recorded.worse == ()
    assert f"evidence: match {number}" in set_("back_projection").out
    assert recorded.sentence in call("slots", "match", number).out


def compared(folder: Path, recipe: Path) -> Answer:
    answer = call("match", "lanczos", "back_projection", "--set", folder, "--recipe", recipe, "--json")
    assert answer.code == 0, answer.err
    return answer


def test_the_audit_shows_a_switch_without_evidence_and_the_model_that_a_slot_holds(recipe: Path) -> None:
    set_("lanczos")
    set_("back_projection", "--unsafe")
    document = json.loads(call("audit", recipe, "--json").out)
    sentences = {flag["check"]: flag["sentence"] for flag in document["red_flags"]}
    assert "switched it to back_projection by --unsafe" in sentences["unproven_slot"]
    assert "empty_slot" not in sentences


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("set", "Upscaler", "lanczos", "--why", "x"), "is no name of a slot"),
        (("set", "upscaler", "lancos", "--why", "x"), "sluice models"),
        (("set", "upscaler", "realesrgan_x4", "--why", "x"), "is not ready"),
        (("revert", "nothing"), "there is no slot nothing"),
        (("history", "nothing"), "there is no slot nothing"),
        (("match", "999999"), "there is no match 999999"),
    ],
)
def test_wrong_usage_says_what_is_wrong(records: Line, words: tuple[str, ...], sentence: str) -> None:
    answer = call("slots", *words)
    assert answer.code == 2
    assert sentence in answer.err
