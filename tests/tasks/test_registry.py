"""The registry of transforms and the declaration of one."""

import sys
from pathlib import Path

import pytest

from line.errors import InputError
from line.facts import Facts
from line.settings import Settings
from models.task import Task
from tasks.context import Context
from tasks.declaration import TransformError
from tasks.registry import TransformRegistry, build, plugin_models, task_name
from tasks.transform import transform

DECLARED = "from tasks.transform import transform\n@transform(queue='admit')\n"


def polish(pictures, model, *, strength: float = 0.5, rounds: int = 1):  # type: ignore[no-untyped-def]
    """Make it shine."""
    return []


def test_every_step_of_the_line_is_found_by_its_file() -> None:
    assert set(build().transforms) >= {"admit", "find_text", "erase_text", "upscale", "deliver"}


def test_an_unknown_transform_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no transform is named 'polish'; there are: admit"):
        build().get("polish")


def test_a_name_is_registered_once_and_a_refused_addition_changes_nothing() -> None:
    declared = transform(queue="admit")(polish)
    registry = TransformRegistry()
    registry.add(declared)
    with pytest.raises(TransformError, match="two transforms are named polish"):
        registry.add(transform(queue="deliver")(polish))
    assert registry.transforms == {"polish": declared}


def test_a_plugin_brings_its_own_and_what_it_imports_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sluice_extra.py").write_text(
        "from tasks.transform import transform\nfrom tasks.admit import admit\n"
        "@transform(queue='admit')\ndef extra(pictures, model, *, much: int = 2):\n    return []\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    transforms = build(["sluice_extra"]).transforms
    assert set(transforms) == {*build().transforms, "extra"}
    assert transforms["extra"].schema().model_dump() == {"much": 2}
    sys.modules.pop("sluice_extra")


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise RuntimeError('no\\nlicence')", r"RuntimeError: no licence \(.*sluice_bad.py, line 1\)"),
        ("import sys\nsys.exit(3)", r"SystemExit: 3 \(.*sluice_bad.py, line 2\)"),
        ("def f(:", r"invalid syntax \(.*sluice_bad.py, line 1\)"),
        (
            "import nothing_like_it",
            r"ModuleNotFoundError: No module named 'nothing_like_it' \(.*bad.py, line 1\)",
        ),
        (
            DECLARED + "def admit(pictures, model):\n    return []\n",
            "two transforms are named admit",
        ),
        (
            DECLARED + "def f(pictures, model, *, a):\n    return []\n",
            "a needs a type and a default",
        ),
    ],
)
def test_a_plugin_that_cannot_be_used_is_refused_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, cause: str
) -> None:
    (tmp_path / "sluice_bad.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(
        InputError, match=f"SLUICE_PLUGINS: the plug-in sluice_bad cannot be used: .*{cause}"
    ) as raised:
        build(["sluice_bad"])
    assert "\n" not in str(raised.value)
    sys.modules.pop("sluice_bad", None)


def test_a_plugin_brings_models_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from models.lanczos import Lanczos\nMODELS = (type('Mine', (Lanczos,), {'name': 'mine'}),)\n"
    (tmp_path / "sluice_mine.py").write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    with Context(Settings(home=tmp_path, plugins=("sluice_mine",))) as context:
        assert context.model_registry.get("mine", Task.UPSCALE).name == "mine"
    with Context(Settings(home=tmp_path)) as context:
        assert "mine" not in context.model_registry.models
    sys.modules.pop("sluice_mine", None)


def test_models_of_a_plugin_that_cannot_be_used_are_refused_in_one_sentence() -> None:
    with pytest.raises(InputError, match="SLUICE_PLUGINS: the plug-in sluice_nowhere cannot be used"):
        plugin_models(["sluice_nowhere"])


@pytest.mark.parametrize("name", ["sluice_nowhere", "not a name", "../up", "a..b"])
def test_a_plugin_that_does_not_exist_is_refused_in_one_sentence(name: str) -> None:
    with pytest.raises(InputError, match=r"SLUICE_PLUGINS: the plug-in .* cannot be used"):
        build([name])


def test_a_declaration_says_what_a_recipe_may_set() -> None:
    declared = transform(queue="admit")(polish)
    assert declared.schema().model_dump() == {"strength": 0.5, "rounds": 1}
    assert task_name(declared.name) == "sluice.polish"
    for wrong in ({"strenght": 1.0}, {"rounds": "1"}, {"rounds": 1.5}):
        with pytest.raises(ValueError, match="polish_params"):
            declared.schema(**wrong)


def test_a_parameter_without_a_type_or_a_default_is_refused_at_once() -> None:
    def no_default(pictures, model, *, strength: float):  # type: ignore[no-untyped-def]
        return []

    def no_type(pictures, model, *, strength=0.5):  # type: ignore[no-untyped-def]
        return []

    for function in (no_default, no_type):
        with pytest.raises(TransformError, match="strength needs a type and a default"):
            transform(queue="admit")(function)


def test_a_step_without_a_condition_is_always_needed() -> None:
    declared = transform(queue="admit")(polish)
    assert declared.is_needed(Facts(), {})
    picky = transform(queue="admit", needed=lambda facts, **params: facts.masked)(polish)
    assert picky.is_needed(Facts(masked=True), {"strength": 1.0})
    assert not picky.is_needed(Facts(masked=False), {})
