"""``sluice quote``: a sample is measured, and all of the upload is priced."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from review.experiments.quote import Quote, sample
from tests.harness.command import call
from tests.harness.line import environment, photos

RECIPE = """
name = "plain"
seed = 1
[[steps]]
transform = "admit"
[[steps]]
transform = "deliver"
"""


@pytest.fixture
def upload(tmp_path: Path) -> Iterator[Path]:
    """12 photos, a recipe and a topology in a folder of their own; no line is there."""
    (tmp_path / "plain.toml").write_text(RECIPE)
    config = tmp_path / "sluice.toml"
    config.write_text("[costs]\ncpu = 3600\n[workers.all]\nqueues = ['admit', 'deliver']\nprocesses = 4\n")
    with environment({"SLUICE_HOME": str(tmp_path / "home"), "SLUICE_CONFIG": str(config)}):
        yield photos(tmp_path / "photos", 12)


def quoted(upload: Path, *words: object) -> dict[str, Any]:
    answer = call("quote", upload, "--recipe", upload.parent / "plain.toml", "--json", *words)
    assert answer.code == 0, answer.err
    quote: dict[str, Any] = json.loads(answer.out)
    return quote


def test_a_sample_is_measured_and_all_photos_are_priced(upload: Path) -> None:
    quote = quoted(upload, "--sample", 5)
    assert (quote["photos"], quote["sampled"], quote["passed"]) == (12, 5, 5)
    assert list(quote["seconds_per_photo"]) == ["admit", "deliver"]
    seconds = sum(quote["seconds_per_photo"].values())
    assert quote["work_seconds"]["likely"] == pytest.approx(12 * seconds)
    assert quote["wall_seconds"]["likely"] == pytest.approx(12 * seconds / 4)
    assert quote["price"] == pytest.approx(quote["work_seconds"])  # a second costs 1
    assert quote["price"]["low"] <= quote["price"]["likely"] <= quote["price"]["high"]
    assert not (upload.parent / "home").exists()


def test_the_budget_that_it_may_reach_is_named(upload: Path) -> None:
    config = upload.parent / "sluice.toml"
    config.write_text(config.read_text() + "[budget]\nper_batch = 0.000001\nper_month = 1000000\n")
    (warning,) = quoted(upload, "--sample", 2)["warnings"]
    assert warning == "the budget per_batch (1e-06) may stop it at about photo 0 of 12"


def test_without_a_price_only_the_time_is_told(upload: Path) -> None:
    (upload.parent / "sluice.toml").write_text("")
    assert quoted(upload, "--sample", 2)["price"] is None
    answer = call("quote", upload, "--recipe", upload.parent / "plain.toml", "--sample", 2)
    assert "price:  unknown; [costs] of sluice.toml names no price of cpu" in answer.out


def test_an_archive_or_an_empty_folder_is_wrong_input(upload: Path, tmp_path: Path) -> None:
    archive, empty = tmp_path / "photos.zip", tmp_path / "empty"
    archive.write_bytes(b"PK")
    empty.mkdir()
    assert call("quote", archive).code == call("quote", empty).code == 2


def test_the_sample_is_the_same_at_every_call_and_in_any_order() -> None:
    names = [f"{number}.jpg" for number in range(100)]
    assert sample(names, 20) == sample(names[::-1], 20)
    assert len(set(sample(names, 20))) == 20
    assert sample(names, 500) == sample(names, 100)


def test_unlike_photos_widen_the_range() -> None:
    alike = Quote(100, ("admit",), ({"admit": 1.0},) * 20, 20).total_seconds()
    unlike = Quote(100, ("admit",), ({"admit": 0.5}, {"admit": 1.5}) * 10, 20).total_seconds()
    assert alike.low == alike.likely == alike.high == pytest.approx(100)
    assert unlike.low < 90 < 110 < unlike.high
