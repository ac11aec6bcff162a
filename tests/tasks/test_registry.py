"""The registry of transforms and the declaration of one."""

import sys
from pathlib import Path

import pytest

from line.errors import InputError
from line.facts import Facts
from tasks.registry import TransformRegistry, build, task_name
from tasks.transform import TransformError, transform


def polish(pictures, model, *, strength: float = 0.5, rounds: int = 1):  # type: ignore[no-untyped-def]
    """Make it shine."""
    return []


def test_every_step_of_the_line_is_found_by_its_file() -> None:
    assert set(build().transforms) >= {"admit", "find_text", "erase_text", "upscale", "deliver"}


def test_an_unknown_transform_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="no transform is named 'polish'; there are: admit"):
        build().get("polish")


def test_a_name_is_registered_once_and_a_refused_addition_changes_nothing() -> None:
    made = transform(queue="admit")(polish)
    registry = TransformRegistry()
    registry.add(made)
    with pytest.raises(TransformError, match="two transforms are named polish"):
        registry.add(transform(queue="deliver")(polish))
    assert registry.transforms == {"polish": made}


def test_a_plugin_brings_its_own_and_what_it_imports_is_not_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sluice_extra.py").write_text(
        "from tasks.transform import transform\nfrom tasks.admit import admit\n"
        "@transform(queue='admit')\ndef extra(pictures, model, *, much: int = 2):\n    return []\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    known = build(["sluice_extra"]).transforms
    assert set(known) == {*build().transforms, "extra"}
    assert known["extra"].schema().model_dump() == {"much": 2}
    sys.modules.pop("sluice_extra")


def test_a_declaration_says_what_a_recipe_may_set() -> None:
    made = transform(queue="admit")(polish)
    assert made.schema().model_dump() == {"strength": 0.5, "rounds": 1}
    assert task_name(made.name) == "sluice.polish"
    for wrong in ({"strenght": 1.0}, {"rounds": "1"}, {"rounds": 1.5}):
        with pytest.raises(ValueError, match="polish_params"):
            made.schema(**wrong)


def test_a_parameter_without_a_type_or_a_default_is_refused_at_once() -> None:
    def no_default(pictures, model, *, strength: float):  # type: ignore[no-untyped-def]
        return []

    def no_type(pictures, model, *, strength=0.5):  # type: ignore[no-untyped-def]
        return []

    for function in (no_default, no_type):
        with pytest.raises(TransformError, match="strength needs a type and a default"):
            transform(queue="admit")(function)


def test_a_step_without_a_condition_is_always_needed() -> None:
    made = transform(queue="admit")(polish)
    assert made.is_needed(Facts(), {})
    picky = transform(queue="admit", needed=lambda facts, **params: facts.masked)(polish)
    assert picky.is_needed(Facts(masked=True), {"strength": 1.0})
    assert not picky.is_needed(Facts(masked=False), {})
