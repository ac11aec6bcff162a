"""The form of a recipe: what it may say, where it is wrong, and what makes two recipes the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from line.errors import RecipeError
from line.recipe import Recipe, locate, parse, seed_of, shipped

PLAIN = """\
name = "plain"
seed = 7

[[steps]]
transform = "admit"

[[steps]]
transform = "upscale"
target = 800

[[steps]]
transform = "deliver"

[breaker]
threshold = 0.2
"""


def refused(text: str) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        parse(text, "mine.toml")
    return caught.value


def test_a_recipe_is_read_with_its_defaults() -> None:
    recipe = parse(PLAIN)
    assert [step.transform for step in recipe.steps] == ["admit", "upscale", "deliver"]
    assert recipe.steps[1].params == {"target": 800}
    assert (recipe.breaker.threshold, recipe.breaker.min_judged, recipe.dispatch.shard_images) == (0.2, 40, 8)
    assert recipe.position("upscale") == 1
    assert recipe.position("erase_text") is None


@pytest.mark.parametrize(
    ("wrong", "line", "key"),
    [
        (PLAIN.replace("seed = 7", "sede = 7"), 2, "sede"),
        (PLAIN.replace("seed = 7", "seed = 'seven'"), 2, "seed"),
        (PLAIN.replace("seed = 7", "seed = -1"), 2, "seed"),
        (PLAIN.replace("0.2", '"high"'), 15, "breaker.threshold"),
        (PLAIN.replace("0.2", "1.5"), 15, "breaker.threshold"),
        (PLAIN.replace("threshold", "treshold"), 15, "breaker.treshold"),
        (PLAIN + "[dispatch]\nwindow = 0\n", 17, "dispatch.window"),
        (PLAIN.replace('name = "plain"', 'name = "Plain & Simple"'), 1, "name"),
        (PLAIN.replace('transform = "upscale"', "transform = 3"), 8, "steps[1].transform"),
        (
            PLAIN.replace("target = 800", "[steps.limits]\nsharp = { at_lest = 1 }"),
            10,
            "steps[1].limits.sharp",
        ),
        (PLAIN.replace("target = 800", "limits = { sharp = { at_lest = 1 } }"), 9, "steps[1].limits"),
    ],
)
def test_a_wrong_key_is_named_with_its_file_and_line(wrong: str, line: int, key: str) -> None:
    error = refused(wrong)
    assert (error.path, error.line) == ("mine.toml", line)
    assert error.key.startswith(key)
    assert str(error).startswith(f"mine.toml:{line}: {key}")


def test_a_missing_key_is_told_at_the_table_it_is_missing_from() -> None:
    error = refused(PLAIN.replace('transform = "upscale"\n', ""))
    assert (error.key, error.line) == ("steps[1].transform", 7)


def test_what_is_no_toml_is_told_with_its_line() -> None:
    error = refused(PLAIN.replace("seed = 7", "seed 7"))
    assert (error.path, error.line) == ("mine.toml", 2)


def test_one_step_is_no_recipe() -> None:
    assert refused('name = "short"\n[[steps]]\ntransform = "admit"\n').key == "steps"


def test_spelling_order_and_comments_do_not_change_the_digest() -> None:
    spelt = PLAIN.replace("seed = 7", "# lucky\nseed=0x7").replace("0.2", "0.20")
    assert parse(spelt).digest == parse(PLAIN, "elsewhere.toml").digest


@pytest.mark.parametrize(
    "change",
    [("seed = 7", "seed = 8"), ("800", "801"), ("0.2", "0.21"), ('"plain"', '"plain2"'), ("upscale", "up")],
)
def test_any_change_of_content_changes_the_digest(change: tuple[str, str]) -> None:
    assert parse(PLAIN.replace(*change)).digest != parse(PLAIN).digest


def test_a_recipe_that_went_through_json_is_the_same_recipe() -> None:
    recipe = parse(PLAIN)
    again = Recipe.model_validate(recipe.model_dump(mode="json"), strict=False)
    assert (again.digest, again) == (recipe.digest, recipe)


def test_a_recipe_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(PLAIN)
    assert locate(str(path)) == path
    assert [locate(name).stem for name in shipped()] == ["archival", "catalog"]


@pytest.mark.parametrize("name", ["catalogue", "/etc/passwd", "missing.toml", ""])
def test_an_unknown_recipe_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(RecipeError, match="archival, catalog"):
        locate(name)


@given(st.integers(0, 2**63 - 1), st.text(max_size=64), st.integers(0, 50))
def test_a_seed_hangs_on_recipe_image_and_step_alone(seed: int, sha256: str, position: int) -> None:
    drawn = seed_of(seed, sha256, position)
    assert 0 <= drawn < 2**63
    assert drawn == seed_of(seed, sha256, position)
    assert drawn != seed_of(seed, sha256, position + 1)
    assert drawn != seed_of(seed, sha256 + "0", position)


def test_seeds_never_change_between_releases() -> None:
    assert seed_of(20, "ab" * 32, 2) == 6040315959215733605
