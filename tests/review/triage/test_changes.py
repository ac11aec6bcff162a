"""Changes that a triage tries: each value of a recipe that differs from the line's own, and nothing else."""

from pathlib import Path

import pytest

from line.recipe import Recipe
from review.triage.changes import Change, Kind, changes_of, opened_limits
from tests.harness.context import context, load
from tests.harness.line import environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path) -> object:
    with environment({"SLUICE_HOME": str(tmp_path / "home")}):
        yield


def recipe(folder: Path, erase: str = "", upscale: str = "") -> Recipe:
    steps = [
        "admit",
        "find_text",
        f'erase_text"\n{erase}\n#',
        f'upscale"\n{upscale}\n#',
        "deliver",
    ]
    path = folder / "mine.toml"
    path.write_text('name = "mine"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in steps))
    return load(str(path))


def changes(rules: Recipe) -> dict[str, Change]:
    """By their keys, without other models."""
    listed = changes_of(rules, context(), len(rules.steps) - 1)
    return {change.key: change for change in listed if change.kind is not Kind.OTHER_MODEL}


def test_a_recipe_with_the_values_of_the_line_has_only_other_models_to_try(tmp_path: Path) -> None:
    assert changes(recipe(tmp_path)) == {}
    listed = changes_of(recipe(tmp_path), context(), 4)
    assert {(change.transform, change.after) for change in listed} >= {
        ("erase_text", "telea"),
        ("upscale", "lanczos"),
    }


def test_each_value_that_differs_goes_back_alone_and_wishes_come_last(tmp_path: Path) -> None:
    mine = recipe(
        tmp_path,
        erase='dilate = 40\nmodel = "telea"',
        upscale="target = 1800\n[steps.limits]\nconsistency = { at_least = 70 }",
    )
    kinds = {key: change.kind for key, change in changes(mine).items()}
    assert kinds == {
        "dilate": Kind.PARAMETER,
        "model": Kind.MODEL,
        "limits.consistency": Kind.LIMIT,
        "target": Kind.RULE,
    }
    narrower = changes(mine)["dilate"].apply(mine, context())
    assert narrower.steps[2].params["dilate"] == 3
    assert narrower.steps[2].model == "telea"
    other = changes(mine)["model"].apply(mine, context())
    assert (other.steps[2].model, other.steps[2].params["dilate"]) == ("surroundings", 40)
    opened = changes(mine)["limits.consistency"].apply(mine, context())
    assert opened.steps[3].limits["consistency"].at_least == 30
    assert len({mine.digest, narrower.digest, other.digest, opened.digest}) == 4


def test_a_wider_limit_is_an_opening_and_not_something_that_would_have_passed(tmp_path: Path) -> None:
    mine = recipe(tmp_path, upscale="[steps.limits]\nconsistency = { at_least = 5 }\nstairs = {}")
    assert changes(mine) == {}
    assert [change.key for change in opened_limits(mine)] == ["limits.consistency", "limits.stairs"]
