"""Each check of a recipe: a recipe with its red flag, and the shipped ones without any."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gates.contract import registry as gates
from line.errors import RecipeError
from line.picture import Outcome, Picture
from line.recipe import shipped
from models.contract import Denoiser, Filler, Model, Restorer, Upscaler
from models.contract import build as build_models
from models.inference.sampling import Sampling
from models.task import Task
from models.weights.manifest import File, Weights, all_weights
from review.audit import contract
from review.audit.contract import RecipeCheck, RedFlag
from review.audit.subject import Parts, RecordedModels, audited
from tasks.registry import build
from tasks.transform import Transform
from tests.harness.context import load

BREAKER = "[breaker]\nthreshold = 0.15\nmin_judged = 40\n"
CHECKS = contract.build()


@dataclass(frozen=True)
class Example:
    """A recipe with one red flag: its steps between admit and deliver, and the rest of the file."""

    steps: str = ""
    level: str = "fatal"
    head: str = "seed = 1"
    tail: str = BREAKER
    sentence: str = ""


def step(transform: str, more: str = "") -> str:
    return f'[[steps]]\ntransform = "{transform}"\n{more}\n'


EXAMPLES = {
    "refused_recipe": Example(step("erase_text", "dilate = 'wide'"), sentence="integer"),
    "removal_after_enlargement": Example(
        step("upscale") + step("find_text") + step("erase_text"), sentence="erase_text stands after upscale"
    ),
    "ungated_step": Example(step("brighten"), sentence="no gate judges it"),
    "opened_limit": Example(
        step("find_text", "[steps.limits]\ncoverage = { at_most = 0.3 }"), "warning", sentence="lets coverage be ≤ 0.3"
    ),
    "opened_parameter": Example(
        step("find_text", "sure = 0.5"), "warning", sentence="sure is 0.5; as shipped, it is at least 0.9"
    ),
    "shared_model": Example(
        step("denoise", 'model = "one_for_all_a"') + step("restore", 'model = "one_for_all_b"'),
        "warning",
        sentence="serve denoise and restore",
    ),
    "unpinned_seed": Example(level="warning", head="", sentence="no seed"),
    "unpinned_sampling": Example(
        step("erase_text", 'model = "dreamer"\n[steps.options]\nsteps = 20'), "warning", sentence="scheduler of"
    ),
    "unpinned_weights": Example(step("upscale", 'model = "loose"'), sentence="no full hash of loose.pth"),
    "breaker_cannot_trip": Example(tail="[breaker]\nthreshold = 1.0\nmin_judged = 1\n", sentence="never trips"),
    "sample_minimum": Example(
        level="warning", tail="[breaker]\nthreshold = 0.15\nmin_judged = 4\n", sentence="1 artifact among the first 4"
    ),
    "licence": Example(step("upscale", 'model = "borrowed"'), sentence="CC-BY-NC-4.0"),
    "empty_slot": Example(step("upscale", 'model = "@nothing"'), sentence="slot @nothing holds no model"),
    "switched_model": Example(
        step("upscale", 'model = "lanczos"'), "warning", sentence="lanczos replaces back_projection"
    ),
}  # fmt: skip


def fake(name: str, base: type[Any], **fields: Any) -> type[Model]:
    described = {"name": name, "licence": "MIT", "source": "here", "revision": "1"}
    return type(name, (base,), described | fields)


def _polish(pictures: list[Picture], model: object, *, strength: float = 0.2) -> list[Outcome]:
    return []


FAKES = (
    fake("one_for_all_a", Denoiser, sha256="ab" * 32),
    fake("one_for_all_b", Restorer, sha256="ab" * 32),
    fake("dreamer", Filler, options_schema=Sampling),
    fake("loose", Upscaler),
    fake("borrowed", Upscaler, licence="CC-BY-NC-4.0"),
)
LOOSE = Weights(
    name="loose",
    task=Task.UPSCALE,
    reader="spandrel",
    licence="MIT",
    source="here",
    revision="main",
    files=(File(path="loose.pth", sha256="abcdef12"),),
)
USED_BEFORE = RecordedModels(in_use={"example": {"upscale": "back_projection"}})


@pytest.fixture
def parts() -> Parts:
    """The parts of the line, and the made-up models besides."""
    transforms = build()
    transforms.add(Transform("brighten", "upscale", lambda pictures, model: []))
    return Parts(transforms, gates(), build_models(more=FAKES), {**all_weights(None), "loose": LOOSE})


def flags(
    folder: Path, parts: Parts, example: Example, records: RecordedModels | None = None
) -> list[RedFlag]:
    path = folder / "example.toml"
    text = f'name = "example"\n{example.head}\n{step("admit")}{example.steps}{step("deliver")}{example.tail}'
    path.write_text(text)
    return contract.audit(CHECKS, audited(str(path), parts, tuple(map(load, shipped())), records))


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_recipe_with_one_fault_has_that_red_flag_and_no_other(
    name: str, tmp_path: Path, parts: Parts
) -> None:
    example = EXAMPLES[name]
    first, *others = flags(tmp_path, parts, example, USED_BEFORE if name == "switched_model" else None)
    assert (first.check, first.level) == (name, example.level)
    assert example.sentence in first.sentence
    assert first.why
    assert first.remedy
    assert {flag.check for flag in others} <= {name}


def test_every_check_of_a_recipe_has_an_example() -> None:
    of_recipes = {name for name, check in CHECKS.items.items() if isinstance(check, RecipeCheck)}
    assert of_recipes == set(EXAMPLES)


def test_every_check_is_named_as_its_file() -> None:
    files = Path(contract.__file__).with_name("checks").rglob("*.py")
    assert set(CHECKS.items) == {file.stem for file in files if file.stem != "__init__"}


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_recipe_has_no_red_flag(name: str, parts: Parts) -> None:
    assert contract.audit(CHECKS, audited(name, parts, tuple(map(load, shipped())))) == []


def test_a_limit_without_any_end_is_fatal(tmp_path: Path, parts: Parts) -> None:
    example = Example(step("find_text", "[steps.limits]\ncoverage = {}"))
    (flag,) = flags(tmp_path, parts, example)
    assert (flag.check, flag.level) == ("opened_limit", "fatal")


def test_a_step_whose_limits_are_all_open_is_one_without_a_gate(tmp_path: Path, parts: Parts) -> None:
    limited = [name for gate in parts.gates.for_transform("denoise") for name in gate.limits]
    opened = "".join(f"{name} = {{}}\n" for name in limited)
    found_by = {
        flag.check for flag in flags(tmp_path, parts, Example(step("denoise", f"[steps.limits]\n{opened}")))
    }
    assert found_by == {"ungated_step", "opened_limit"}


def test_a_narrower_limit_is_no_red_flag(tmp_path: Path, parts: Parts) -> None:
    assert (
        flags(tmp_path, parts, Example(step("find_text", "[steps.limits]\ncoverage = { at_most = 0.05 }")))
        == []
    )


OPENED = {
    "a smaller side of the photo that is looked at": (step("find_text", "limit = 320"), "limit is 320"),
    "more that stays as the product's": (step("find_text", "unsure = 0.8"), "unsure is 0.8"),
    "overlays that are only recorded": (step("find_text", 'erase = "never"'), 'it is "person" or "sure"'),
    "a wider mask": (step("erase_text", "dilate = 12"), "dilate is 12; as shipped, it is 3"),
    "a narrower mask": (step("erase_text", "dilate = 0"), "dilate is 0"),
    "a larger mask that is filled": (step("erase_text", "max_coverage = 0.4"), "at most 0.12"),
    "smaller thumbnails": (step("upscale", "floor = 100"), "floor is 100; as shipped, it is at least 320"),
    "a strength of a step that was added": (step("polish", "strength = 0.9"), "it is 0.2"),
}  # fmt: skip


@pytest.mark.parametrize("what", OPENED)
def test_a_parameter_beyond_the_shipped_values_is_a_warning(what: str, tmp_path: Path, parts: Parts) -> None:
    steps, sentence = OPENED[what]
    parts.transforms.add(Transform("polish", "upscale", _polish, edits=False))
    (flag,) = flags(tmp_path, parts, Example(steps))
    assert (flag.check, flag.level) == ("opened_parameter", "warning")
    assert sentence in flag.sentence


@pytest.mark.parametrize(
    "steps",
    [
        step("find_text", "sure = 0.95\nunsure = 0.4\nlimit = 960"),
        step("find_text", 'erase = "person"'),
        step("erase_text", "max_coverage = 0.05"),
        step("upscale", "target = 3000\nfloor = 500"),
    ],
)
def test_a_stricter_parameter_or_another_wish_is_no_red_flag(
    steps: str, tmp_path: Path, parts: Parts
) -> None:
    assert flags(tmp_path, parts, Example(steps)) == []


def test_a_threshold_above_the_shipped_ones_is_an_opened_parameter(tmp_path: Path, parts: Parts) -> None:
    (flag,) = flags(tmp_path, parts, Example(tail="[breaker]\nthreshold = 0.4\nmin_judged = 40\n"))
    assert (flag.check, flag.where) == ("opened_parameter", "breaker.threshold")
    assert "up to 40% of artifacts; as shipped, with 15% at most" in flag.sentence


def test_a_promoted_model_may_replace_the_one_in_use(tmp_path: Path, parts: Parts) -> None:
    proven = RecordedModels(USED_BEFORE.in_use, frozenset({("upscale", "lanczos")}))
    assert flags(tmp_path, parts, EXAMPLES["switched_model"], proven) == []


def test_a_recipe_without_a_breaker_names_the_default(tmp_path: Path, parts: Parts) -> None:
    (flag,) = flags(tmp_path, parts, Example(tail=""))
    assert (flag.check, flag.where) == ("breaker_cannot_trip", "breaker")
    assert "the default applies, 15% after 40 images" in flag.sentence


def test_a_recipe_whose_form_is_wrong_is_an_error_and_not_a_red_flag(tmp_path: Path, parts: Parts) -> None:
    with pytest.raises(RecipeError, match="seed: must be an integer"):
        flags(tmp_path, parts, Example(head='seed = "twenty"'))


def test_every_check_is_in_the_docs() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "audit.md").read_text("utf-8")
    assert [name for name in CHECKS.items if f"| `{name}` |" not in page] == []
