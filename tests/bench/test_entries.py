"""Every benchmark can be listed, and has a quick form and JSON output."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import entry
from bench.__main__ import entries

ROOT = Path(__file__).resolve().parents[2]


def test_each_benchmark_is_listed_with_what_it_measures() -> None:
    command = [sys.executable, "-m", "bench", "--list"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(listed) == len(entries()) > 5
    assert all(len(about) > 20 for about in entries().values())


@pytest.mark.parametrize("name", sorted(entries()))
def test_a_benchmark_has_a_quick_form_and_writes_json(name: str) -> None:
    module, folder = ROOT / "bench" / f"{name}.py", ROOT / "bench" / name
    source = (folder / "__main__.py" if folder.is_dir() else module).read_text("utf-8")
    assert "entry.parse(" in source
    assert "quick=" in source
    assert "entry.write(" in source


def test_quick_changes_defaults_and_an_option_that_is_given_still_counts() -> None:
    def parsed(*words: str) -> tuple[int, int]:
        options = entry.parser("Measures.")
        options.add_argument("--photos", type=int, default=80)
        options.add_argument("--rounds", type=int, default=3)
        given = entry.parse(options, quick={"photos": 2, "rounds": 1}, words=words)
        return given.photos, given.rounds

    assert parsed() == (80, 3)
    assert parsed("--quick") == (2, 1)
    assert parsed("--quick", "--photos", "5") == (5, 1)


def test_figures_are_written_as_json_where_asked_for(tmp_path: Path) -> None:
    entry.write(None, {"rate": 1})
    entry.write(tmp_path / "new" / "figures.json", {"rate": 1})
    assert (tmp_path / "new" / "figures.json").read_text() == '{\n "rate": 1\n}\n'
