"""Declarations are read from the transforms' files, and say the same as the transforms themselves."""

from dataclasses import fields
from pathlib import Path

import pytest

from tasks.declaration import Declaration, TransformError, read
from tasks.registry import build, build_declarations

TRANSFORMS = build().transforms


def test_the_files_declare_the_transforms_that_their_import_brings() -> None:
    assert set(build_declarations().transforms) == set(TRANSFORMS)


@pytest.mark.parametrize("name", sorted(TRANSFORMS))
def test_a_declaration_that_is_read_equals_the_one_that_is_imported(name: str) -> None:
    declared = build_declarations().get(name)
    for field in fields(Declaration):
        assert getattr(declared, field.name) == getattr(TRANSFORMS[name], field.name), field.name


def test_a_file_without_a_transform_declares_none(tmp_path: Path) -> None:
    path = tmp_path / "plain.py"
    path.write_text("def transform(queue): ...\n@other(queue='admit')\ndef plain(): ...\n")
    assert read(path) is None


@pytest.mark.parametrize("value", ["len", "Queue.NOWHERE", "'a' + 'b'", "lambda facts: True"])
def test_a_value_that_only_an_import_can_tell_is_refused_with_its_place(tmp_path: Path, value: str) -> None:
    path = tmp_path / "odd.py"
    path.write_text(f"@transform(\n    queue=Queue.ADMIT,\n    needed={value},\n)\ndef odd(): ...\n")
    with pytest.raises(TransformError, match=r"odd\.py:3: needed must be a constant"):
        read(path)
