"""A recipe is checked in a process of its own, once, and while there is nothing to do ahead of its first upload."""

import sys
from pathlib import Path

import pytest

from scheduler.intake import recipe_check
from scheduler.intake.recipe_check import RecipeCheck
from tests.harness.context import load

RECIPE = load("catalog")


@pytest.fixture
def check(tmp_path: Path) -> RecipeCheck:
    """A check whose process notes each of its runs, by the name that it was given."""
    answer = tmp_path / "answer.json"
    answer.write_text('{"recipe": ' + RECIPE.model_dump_json() + "}", "utf-8")
    note = f"import sys; open({str(tmp_path / 'runs')!r}, 'a').write(sys.argv[1])"
    program = f"{note}; print(open({str(answer)!r}).read())"
    recipes = RecipeCheck()
    recipes.command = (sys.executable, "-c", program)
    return recipes


def runs(folder: Path) -> str:
    path = folder / "runs"
    return path.read_text("utf-8") if path.exists() else ""


def test_what_was_checked_ahead_makes_no_upload_wait(
    check: RecipeCheck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check.load_ahead("catalog")
    assert runs(tmp_path) == "", "the line has just started and may have other work"
    monkeypatch.setattr(recipe_check, "AHEAD_SECONDS", 0.0)
    check.load_ahead("catalog")
    check.load_ahead("catalog")
    assert check.load("catalog") == RECIPE
    assert runs(tmp_path) == "catalog"


def test_a_recipe_that_cannot_be_checked_ahead_is_left_to_its_upload(
    check: RecipeCheck, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe_check, "AHEAD_SECONDS", 0.0)
    check.command = (sys.executable, "-c", "raise SystemExit(1)")
    check.load_ahead("catalog")
