"""The docs list what the code has, and the house rules that can be measured."""

import re
from pathlib import Path

import pytest

from gates.contract import registry as gates
from line.recipe import shipped
from line.settings import Settings
from review.cli.main import cli
from tasks.registry import build

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = (ROOT / "docs" / "reference.md").read_text("utf-8")
SETTINGS = (ROOT / "docs" / "settings.md").read_text("utf-8")
GATES = (ROOT / "docs" / "gates.md").read_text("utf-8")


@pytest.mark.parametrize("setting", sorted(Settings.model_fields))
def test_every_setting_is_in_the_docs(setting: str) -> None:
    assert f"`SLUICE_{setting.upper()}`" in SETTINGS


@pytest.mark.parametrize("command", sorted(cli.verbs))
def test_every_command_is_in_the_docs_and_has_a_help(command: str) -> None:
    assert re.search(rf"`(sluice )?{command}\b", REFERENCE)
    assert len(cli.load(command).help or "") > 30


@pytest.mark.parametrize("transform", sorted(build().transforms))
def test_every_transform_is_in_the_docs(transform: str) -> None:
    assert f"| `{transform}` |" in REFERENCE


@pytest.mark.parametrize("recipe", shipped())
def test_every_recipe_is_in_the_docs(recipe: str) -> None:
    assert f"`{recipe}`" in REFERENCE


@pytest.mark.parametrize("gate", sorted(gates().gates))
def test_every_gate_and_what_it_limits_is_in_the_docs(gate: str) -> None:
    assert f"`{gate}`" in GATES
    for reading in gates().gates[gate].limits:
        assert f"`{reading}`" in GATES, reading


def test_no_path_of_a_machine_and_no_secret_is_in_the_project() -> None:
    for path in [*ROOT.glob("*.*"), *(ROOT / "docker").rglob("*"), *(ROOT / "line").rglob("*.toml")]:
        if path.is_file() and path.name != ".git":  # the link of a git worktree
            text = path.read_text("utf-8", errors="replace")
            assert not re.search(r"/(work|root)/", text), path
