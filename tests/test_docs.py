"""The pages that users read: short enough, without dead links, and with examples that work."""

import re
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

import numpy as np
import pytest

from gates.contract import GateRegistry
from line.picture import Edited, Picture
from models.contract import ModelRegistry
from tasks.registry import TransformRegistry

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EXTENDING = (ROOT / "docs" / "extending.md").read_text("utf-8")
EXAMPLES = re.findall(r"```python\n(.*?)```", EXTENDING, re.DOTALL)
FOLDERS = {path.name for path in ROOT.iterdir() if path.is_dir() and (path / "__init__.py").exists()} | {
    "tests",
    "docker",
}
PATHS_TO_CREATE = {"tasks/brighten.py", "gates/checks/picture/clipping.py", "models/mine.py"}
"""Paths that docs/extending.md tells the reader to create."""
MAX_README_WORDS = 900


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub derives them from its headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def example(defines: str) -> ModuleType:
    """The code block of docs/extending.md that contains ``defines``, executed as a module."""
    (code,) = [block for block in EXAMPLES if defines in block]
    module = ModuleType("example")
    exec(compile(code, "docs/extending.md", "exec"), vars(module))
    return module


def test_the_readme_takes_a_few_minutes() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").split()) <= MAX_README_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    for target in targets:
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), target
        assert not anchor or anchor in headings(file), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_the_sources_exists(page: Path) -> None:
    paths = set(re.findall(r"`((?:\w+/)+[\w.]+\.\w+|tests/[\w/]+)`", page.read_text("utf-8")))
    missing = {
        path
        for path in paths
        if (ROOT / path).parts[len(ROOT.parts)] in FOLDERS and not (ROOT / path).exists()
    }
    assert missing <= PATHS_TO_CREATE


def test_every_test_that_the_page_of_the_desk_names_exists() -> None:
    tests = {
        name
        for file in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", file.read_text("utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", (ROOT / "docs" / "desk.md").read_text("utf-8")))
    assert len(named) > 10
    assert named <= tests


def test_every_page_can_be_reached_from_the_readme() -> None:
    linked = set(re.findall(r"\]\(docs/([\w./-]+\.md)", (ROOT / "README.md").read_text("utf-8")))
    assert {page.name for page in (ROOT / "docs").glob("*.md")} <= linked


def test_every_source_folder_is_described() -> None:
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert folders <= set(re.findall(r"^\| `(\w+)/`", EXTENDING, re.MULTILINE))


def test_the_transform_in_the_docs_works() -> None:
    module = example("def brighten")
    transform = TransformRegistry().add(module.brighten)
    (outcome,) = transform.function([Picture("a.jpg", np.full((4, 4, 3), 100, np.uint8))], None, gamma=0.5)
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb.min() > 100
    assert set(transform.schema.model_fields) == {"gamma"}


def test_the_gate_in_the_docs_works() -> None:
    gate = example("def measure").GATE
    registry = GateRegistry()
    registry.add(gate)
    assert registry.for_transform("brighten") == [gate]


def test_the_model_in_the_docs_works() -> None:
    (model,) = example("class Nearest").MODELS
    registry = ModelRegistry()
    registry.add(model)
    assert model().upscale(np.zeros((4, 6, 3), np.uint8), (12, 8), seed=0).shape == (8, 12, 3)
