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
    assert [locate(name).stem for name in shipped()] == ["archival", "catalog", "marketplace"]


@pytest.mark.parametrize("name", ["catalogue", "/etc/passwd", "missing.toml", ""])
def test_an_unknown_recipe_is_refused_with_the_known_ones(name: str) -> None:
    with pytest.raises(RecipeError, match="archival, catalog, marketplace"):
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


# --- all errors at once --------------------------------------------------------------------------


def test_everything_that_is_wrong_is_said_at_once_in_the_order_of_its_lines() -> None:
    wrong = PLAIN.replace('"plain"', '"Plain!"').replace("seed = 7", 'seed = "x"').replace("0.2", "7")
    error = refused(wrong)
    assert [(e.line, e.key) for e in (error, *error.others)] == [
        (1, "name"),
        (2, "seed"),
        (15, "breaker.threshold"),
    ]
    assert str(error).count("\n") == 2


@pytest.mark.parametrize(
    "wrong",
    [
        PLAIN.replace("seed = 7", "sede = 7"),
        PLAIN.replace("seed = 7", "seed = 7.5"),
        PLAIN.replace("0.2", '"high"'),
        PLAIN.replace('transform = "upscale"\n', ""),
        PLAIN.replace("seed = 7", "seed = 7\ndispatch = 3"),
    ],
)
def test_no_error_speaks_in_a_librarys_words(wrong: str) -> None:
    text = str(refused(wrong))
    for word in ("Input", "Extra inputs", "Field required", "valid", "pydantic", "type="):
        assert word not in text


# --- extends -------------------------------------------------------------------------------------


def extended(text: str, path: str = "mine.toml") -> Recipe:
    return parse(f'name = "mine"\nextends = "catalog"\n{text}', path)


def test_a_recipe_that_extends_another_says_only_what_differs() -> None:
    base = parse(locate("catalog").read_text())
    mine = extended('[[steps]]\ntransform = "upscale"\ntarget = 1600\n[breaker]\nprobe = 4\n')
    assert [step.transform for step in mine.steps] == [step.transform for step in base.steps]
    assert mine.steps[3].params == base.steps[3].params | {"target": 1600}
    assert (mine.breaker.probe, mine.breaker.threshold) == (4, base.breaker.threshold)
    assert mine.steps[1] == base.steps[1]


def test_tables_of_a_step_are_merged_key_by_key() -> None:
    mine = extended('[[steps]]\ntransform = "find_text"\n[steps.limits]\nsharp = { at_least = 1 }\n')
    assert set(mine.steps[1].limits) == {"coverage", "sharp"}


def test_a_new_step_follows_the_one_named_before_it_and_a_removed_one_is_gone() -> None:
    mine = extended(
        '[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "denoise"\n'
        '[[steps]]\ntransform = "upscale"\nremove = true\n'
    )
    assert [step.transform for step in mine.steps] == [
        "admit", "denoise", "find_text", "erase_text", "deliver",
    ]  # fmt: skip


def test_a_new_step_alone_stands_before_the_last() -> None:
    mine = extended('[[steps]]\ntransform = "denoise"\n')
    assert [step.transform for step in mine.steps][-2:] == ["denoise", "deliver"]


def test_an_error_in_an_extending_recipe_stands_on_its_own_line() -> None:
    with pytest.raises(RecipeError) as caught:
        extended('[[steps]]\ntransform = "upscale"\nlimits = 3\n')
    assert (caught.value.line, caught.value.key) == (5, "steps[0].limits")


def test_a_recipe_may_extend_a_file_beside_it(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text('name = "base"\nextends = "catalog"\nseed = 9\n')
    mine = parse('name = "mine"\nextends = "base.toml"\n', str(tmp_path / "mine.toml"))
    assert (mine.name, mine.seed, len(mine.steps)) == ("mine", 9, 5)


def test_a_recipe_that_extends_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "a"\nextends = "b.toml"\n')
    (tmp_path / "b.toml").write_text('name = "b"\nextends = "a.toml"\n')
    with pytest.raises(RecipeError, match="extends itself"):
        parse((tmp_path / "a.toml").read_text(), str(tmp_path / "a.toml"))


@pytest.mark.parametrize("name", ['"nothing"', "3"])
def test_what_cannot_be_extended_is_refused_with_its_line(name: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse(f'name = "mine"\nextends = {name}\n', "mine.toml")
    assert (caught.value.line, caught.value.key) == (2, "extends")


def test_an_extending_recipe_is_the_same_as_one_written_out() -> None:
    base = locate("catalog").read_text()
    assert extended("").digest == parse(base.replace('name = "catalog"', 'name = "mine"')).digest
