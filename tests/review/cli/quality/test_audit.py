"""``sluice audit``: what a person and a program read of it, and its exit code."""

import json
from pathlib import Path

import pytest

from tests.harness.command import call

BAD = """
name = "bad"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
[[steps]]
transform = "find_text"
[[steps]]
transform = "erase_text"
[[steps]]
transform = "deliver"
[breaker]
threshold = 1.0
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation without records."""
    monkeypatch.setenv("SLUICE_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("SLUICE_DATABASE_URL", raising=False)
    return tmp_path


def test_fatal_red_flags_come_first_with_why_and_what_to_do_and_exit_code_3(home: Path) -> None:
    (home / "bad.toml").write_text(BAD)
    answer = call("audit", home / "bad.toml")
    assert answer.code == 3, answer.err
    headings = [line for line in answer.out.splitlines() if line.startswith(("FATAL", "WARNING"))]
    assert [line.split()[0] for line in headings] == ["FATAL", "FATAL", "WARNING"]
    assert "removal_after_enlargement" in answer.out
    assert "do:    move erase_text before upscale" in answer.out
    assert "2 fatal, 1 warning;" in answer.out


def test_a_program_reads_one_document_of_json(home: Path) -> None:
    (home / "bad.toml").write_text(BAD)
    answer = call("audit", home / "bad.toml", "--json")
    report = json.loads(answer.out)
    assert (answer.code, report["fatal"], report["warnings"]) == (3, 2, 1)
    assert {flag["check"] for flag in report["red_flags"]} == {
        "removal_after_enlargement", "breaker_cannot_trip", "unpinned_seed",
    }  # fmt: skip


def test_without_a_recipe_the_shipped_ones_are_audited_and_nothing_is_started(home: Path) -> None:
    answer = call("audit")
    assert answer.code == 0, answer.out + answer.err
    assert "of archival, catalog, marketplace" in answer.out
    assert not (home / "home").exists()


def test_a_recipe_that_does_not_exist_is_wrong_usage() -> None:
    answer = call("audit", "katalog")
    assert answer.code == 2
    assert "no such recipe" in answer.err
