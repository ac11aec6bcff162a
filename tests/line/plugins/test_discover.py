"""Discovery by folder: a file is enough."""

import sys
from pathlib import Path

import pytest

from line.plugins.discover import load_all, submodules


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "found_parts"
    (folder / "inner").mkdir(parents=True)
    for name in ("__init__", "beta", "alpha", "_private", "inner/__init__", "inner/deep"):
        (folder / f"{name}.py").write_text("NAME = __name__\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder.name


def test_public_modules_are_found_in_order_and_not_imported(package: str) -> None:
    assert submodules(package) == ["found_parts.alpha", "found_parts.beta"]
    assert "found_parts.alpha" not in sys.modules


def test_a_new_file_is_all_there_is_to_adding_a_part(package: str) -> None:
    assert [module.NAME for module in load_all(package)] == submodules(package)
