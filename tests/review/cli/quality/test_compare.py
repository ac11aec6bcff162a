"""``sluice compare`` and ``sluice calibrate``: whole folders measured."""

import json
import tomllib
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.harness.command import call


def draw(path: Path, seed: int, sigma: float = 0.0) -> None:
    """A picture of its own for each seed, more or less blurred."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(40, 220, (18, 24, 3), np.uint8)
    picture = cv2.resize(small, (240, 180), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(path), cv2.GaussianBlur(picture, (0, 0), sigma) if sigma else picture)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for seed in range(3):
        draw(tmp_path / "a" / f"{seed}.png", seed)
        draw(tmp_path / "b" / f"{seed}.png", seed, sigma=seed * 1.5)
    return tmp_path / "a", tmp_path / "b"


def test_folders_are_compared_on_average_at_worst_and_one_by_one(
    tmp_path: Path, folders: tuple[Path, Path]
) -> None:
    out = tmp_path / "deep" / "metrics.json"
    answer = call("compare", *folders, "--out", out, "--json")
    report = json.loads(out.read_text())
    assert (answer.code, json.loads(answer.out)) == (0, report)
    assert report["count"] == 3
    assert set(report["images"]) == {"0.png", "1.png", "2.png"}
    assert report["images"]["0.png"]["psnr"] == 100
    for metric in ("psnr", "ssim", "ms_ssim", "gmsd", "mdsi"):
        assert report["worst"][metric]["name"] == "2.png"
    values = [figures["ssim"] for figures in report["images"].values()]
    assert report["average"]["ssim"] == pytest.approx(sum(values) / 3)


def test_people_get_a_table(folders: tuple[Path, Path]) -> None:
    answer = call("compare", *folders)
    assert answer.code == 0
    assert "3 pictures" in answer.out
    assert "mdsi" in answer.out


def test_folders_without_a_common_name_are_exit_code_2(tmp_path: Path, folders: tuple[Path, Path]) -> None:
    (tmp_path / "empty").mkdir()
    answer = call("compare", folders[0], tmp_path / "empty")
    assert (answer.code, answer.out) == (2, "")
    assert "no picture of the same name" in answer.err


def test_limits_proposed_from_good_edits_are_a_recipes_table(tmp_path: Path) -> None:
    for seed in range(22):
        draw(tmp_path / "before" / f"{seed}.png", seed)
        draw(tmp_path / "after" / f"{seed}.png", seed, sigma=0.3 + seed / 60)
    answer = call("calibrate", tmp_path, "-t", "deliver", "--rate", "0.1")
    assert answer.code == 0, answer.err
    limits = tomllib.loads(answer.out)["steps"]["limits"]
    assert 0 < limits["file_gmsd"]["at_most"] < 1
    assert limits["flat_tail"] == {"at_most": 0}
    assert "22 good edits" in answer.out
    as_json = json.loads(call("calibrate", tmp_path, "-t", "deliver", "--rate", "0.1", "--json").out)
    assert as_json["flagged"] <= 0.1
    assert as_json["limits"]["file_gmsd"]["at_most"] == pytest.approx(
        limits["file_gmsd"]["at_most"], rel=1e-3
    )


def test_what_cannot_be_calibrated_on_says_why(tmp_path: Path) -> None:
    draw(tmp_path / "before" / "a.png", 1)
    answer = call("calibrate", tmp_path, "-t", "deliver")
    assert (answer.code, answer.out) == (2, "")
    assert "has no folder after/" in answer.err
    draw(tmp_path / "after" / "a.png", 1)
    answer = call("calibrate", tmp_path, "-t", "deliver")
    assert answer.code == 1
    assert "1 good edits are too few" in answer.err
