"""Recipes against the transforms, models and gates there are."""

from pathlib import Path

import pytest

from line.errors import RecipeError
from line.recipe import Recipe, file_of, locate, parse, shipped
from models.contract import Generator, ModelRegistry
from models.contract import build as build_models
from models.subject import PlainGround
from models.weights import manifest
from models.weights.manifest import File, Weights
from tasks.recipes import check, limits_of
from tasks.registry import build
from tests.harness.context import load, models, weights_folder
from tests.harness.line import environment

KNOWN = build()
MODELS = build_models()

WHOLE = """\
name = "whole"

[[steps]]
transform = "admit"

[[steps]]
transform = "find_text"
model = "overlay_network"

[[steps]]
transform = "erase_text"
dilate = 4

[[steps]]
transform = "upscale"
target = 900

[[steps]]
transform = "deliver"
"""


def checked(text: str) -> Recipe:
    return check(text, "mine.toml", KNOWN, MODELS)


def refused(text: str) -> RecipeError:
    with pytest.raises(RecipeError) as caught:
        checked(text)
    return caught.value


@pytest.mark.parametrize(
    ("old", "new", "line", "key", "message"),
    [
        ("dilate = 4", "dilaet = 4", 12, "steps[2].dilaet", "dilate"),
        ("dilate = 4", 'dilate = "4"', 12, "steps[2].dilate", "integer"),
        ("dilate = 4", "dilate = 4.5", 12, "steps[2].dilate", "integer"),
        ("target = 900", "limits = { ssimm = { at_least = 1 } }", 16, "steps[3].limits.ssimm", "there are"),
        ('"upscale"', '"upscaler"', 15, "steps[3].transform", "upscale"),
        ('"overlay_network"', '"rapidfire"', 8, "steps[1].model", "overlay_network"),
        ('"overlay_network"', '"telea"', 8, "steps[1].model", "not for find_text"),
        (
            'transform = "deliver"',
            'transform = "deliver"\nmodel = "telea"',
            20,
            "steps[4].model",
            "not for subject",
        ),
        ('transform = "deliver"', 'transform = "deliver"\nquality = 20', 20, "steps[4].quality", "30"),
        ('transform = "deliver"', 'transform = "deliver"\nformat = "gif"', 20, "steps[4].format", "jpeg"),
    ],
)
def test_what_no_step_takes_is_refused_with_file_line_and_key(
    old: str, new: str, line: int, key: str, message: str
) -> None:
    error = refused(WHOLE.replace(old, new))
    assert (error.path, error.line, error.key) == ("mine.toml", line, key)
    assert message in error.message


def test_removal_after_enlargement_is_refused() -> None:
    swapped = WHOLE.replace("erase_text", "X").replace("upscale", "erase_text").replace("X", "upscale")
    error = refused(swapped.replace("dilate = 4\n", "").replace("target = 900\n", ""))
    assert "overlays are removed before any enlargement" in error.message
    assert error.key == "steps[3].transform"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (WHOLE.replace('"admit"', '"upscale"', 1), "first step"),
        (WHOLE.replace('"upscale"\ntarget = 900', '"admit"'), "first step"),
        (WHOLE.replace('"deliver"', '"upscale"'), "last step"),
        (WHOLE.replace('"upscale"\ntarget = 900', '"deliver"'), "last step"),
    ],
)
def test_admit_comes_first_and_deliver_last_and_each_once(text: str, message: str) -> None:
    assert message in refused(text).message


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_recipe_passes_the_check_and_is_called_as_its_file(name: str) -> None:
    recipe = load(name)
    assert recipe.name == name
    for step in recipe.steps:
        assert set(step.params) == set(KNOWN.get(step.transform).schema.model_fields)


def test_defaults_are_written_out_so_that_the_digest_tells_what_runs() -> None:
    sparse = checked(WHOLE)
    spelt = checked(
        WHOLE.replace("dilate = 4", "dilate = 4\nfeather = 2").replace(
            "target = 900", "target = 900\nfloor = 320"
        )
    )
    assert sparse.steps[2].model == "surroundings"
    assert sparse.digest == spelt.digest
    assert sparse.digest != parse(WHOLE).digest


def test_the_archival_recipe_removes_nothing_without_a_person_and_enlarges_nothing() -> None:
    recipe = load("archival")
    assert recipe.steps[1].params["erase"] == "person"
    assert not any(KNOWN.get(step.transform).enlarges for step in recipe.steps)
    assert file_of(recipe) == ".png"


def test_the_catalog_recipe_is_what_the_market_asks_for() -> None:
    recipe = load("catalog")
    assert [step.transform for step in recipe.steps] == [
        "admit",
        "find_text",
        "erase_text",
        "upscale",
        "deliver",
    ]
    assert recipe.steps[3].params["target"] == recipe.steps[4].params["min_long_side"] == 1000
    assert (recipe.breaker.threshold, recipe.breaker.min_judged) == (0.15, 40)
    assert KNOWN.removing(recipe) == [2]
    assert file_of(recipe) == ".jpg"


def test_limits_of_a_step_are_those_the_gates_use() -> None:
    limit = limits_of(load("catalog").steps[1])["coverage"]
    assert limit.holds(0.12)
    assert not limit.holds(0.13)


def test_shipped_recipes_explain_themselves() -> None:
    assert all(locate(name).read_text("utf-8").startswith("# ") for name in shipped())


FILLING = Weights(
    name="filling", task="fill", reader="diffusers", licence="MIT", source="a test", revision="1",
    files=(File(path="model_index.json"),),
)  # fmt: skip

PIPELINE = """
name = "words"

[[steps]]
transform = "admit"

[[steps]]
transform = "erase_text"
model = "{model}"

[steps.options]
{options}

[[steps]]
transform = "deliver"
"""


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        ("surroundings", "steps = 3", "surroundings has no options"),
        (
            "filling",
            'prompt = "studio"',
            r"names a template of this recipe, \[prompts.studio\]; there are: none",
        ),
        ("filling", 'avoid = "letters"', r"stands with the prompt: avoid in \[prompts.NAME\]"),
        ("filling", "stepz = 3", "stepz: is no key here .an option of filling."),
        ("filling", "steps = 0", "must be at least 1, not 0 .an option of filling."),
        ("filling", 'scheduler = "os.system"', "must have the form"),
    ],
)
def test_an_option_that_the_models_do_not_take_names_its_line(
    model: str, options: str, message: str, tmp_path: Path
) -> None:
    with environment({"SLUICE_HOME": str(tmp_path)}):
        manifest.register(FILLING.model_copy(update={"root": weights_folder()}))
        with pytest.raises(RecipeError, match=message) as caught:
            check(PIPELINE.format(model=model, options=options), "words.toml", KNOWN, models())
    assert caught.value.line in (11, 12)


def test_a_style_is_ranges_of_known_figures_and_belongs_to_the_recipes_digest() -> None:
    plain, styled = checked(WHOLE), checked(WHOLE + "[style]\ntone_50 = [120, 200.5]\n")
    assert styled.style == {"tone_50": (120.0, 200.5)}
    assert styled.digest != plain.digest
    assert Recipe.model_validate(styled.model_dump(mode="json"), strict=False).digest == styled.digest


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("gloss = [0, 1]", r":21: style.gloss: no such figure of a picture's look; there are: palette_a,"),
        ("tone_50 = [9, 1]", r":21: style.tone_50: \[9, 1\] is no range"),
        ("tone_50 = [9]", r":21: style.tone_50"),
        ("tone_50 = 9", r":21: style.tone_50"),
    ],
)
def test_a_style_that_cannot_be_held_is_refused_at_its_line(table: str, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        check(WHOLE + f"[style]\n{table}\n", "r.toml", KNOWN, MODELS)


GENERATING = """
name = "words"
seed = 4

[breaker]
min_judged = 8

[prompts.studio]
text = "plain ground"

[[steps]]
transform = "admit"

[[steps]]
transform = "generate"
model = "dreamer"

[steps.options]
prompt = "studio"
scheduler = "DDIMScheduler"
steps = 20

[[steps]]
transform = "deliver"
"""


def dreaming(revision: str = "1") -> ModelRegistry:
    """A registry with a generator at that revision."""
    models = ModelRegistry()
    fields = {"name": "dreamer", "licence": "MIT", "source": "here", "revision": revision}
    models.add(type("Dreamer", (Generator,), fields))
    models.add(PlainGround)
    return models


def test_a_recipe_that_generates_and_pins_everything_is_taken() -> None:
    assert check(GENERATING, "words.toml", build(), dreaming()).seed == 4


@pytest.mark.parametrize(
    ("old", "new", "revision", "key", "message"),
    [
        ("seed = 4\n", "", "1", "steps[1].transform", "names its seed"),
        ('scheduler = "DDIMScheduler"\n', "", "1", "steps[1].options", "names scheduler"),
        ("steps = 20\n", "", "1", "steps[1].options", "names steps"),
        ("", "", "main/0123456789ab", "steps[1].model", "is at the branch"),
        ("min_judged = 8", "min_judged = 40", "1", "breaker.min_judged", "at most 16"),
        ("[breaker]\nmin_judged = 8\n", "", "1", "breaker.min_judged", "at most 16"),
    ],
)
def test_what_makes_generated_pictures_unrepeatable_or_unstoppable_is_an_error(
    old: str, new: str, revision: str, key: str, message: str
) -> None:
    with pytest.raises(RecipeError) as caught:
        check(GENERATING.replace(old, new), "words.toml", build(), dreaming(revision))
    assert caught.value.key == key
    assert message in caught.value.message
