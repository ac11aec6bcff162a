"""``sluice judge``: the gates alone, on files and on folders."""

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from models.back_projection import BackProjection
from tests.harness.command import call
from tests.harness.pictures.opencv import read


def draw(path: Path, *, spoilt: bool = False, scale: int = 1, seed: int = 1) -> Path:
    """A soft picture; a spoilt one has its lower half flat."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = np.random.default_rng(seed).integers(60, 200, (6, 8, 3), np.uint8)
    picture = cv2.resize(small, (160 * scale, 120 * scale), interpolation=cv2.INTER_CUBIC)
    if spoilt:
        picture[60 * scale :] = 127
    cv2.imwrite(str(path), picture)
    return path


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def mask(tmp_path: Path) -> Path:
    path = tmp_path / "mask.png"
    white = np.zeros((120, 160), np.uint8)
    white[10:20, 10:40] = 255
    cv2.imwrite(str(path), white)
    return path


def test_a_picture_that_did_not_change_passes(tmp_path: Path, mask: Path) -> None:
    before = draw(tmp_path / "a.png")
    answer = call("judge", "--transform", "erase_text", before, before, "--mask", mask, "--json")
    (line,) = lines(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert set(line) == {"name", "verdict", "reasons", "where", "readings"}
    assert (line["name"], line["verdict"], line["reasons"]) == ("a.png", "pass", [])
    assert line["readings"]


def test_a_picture_that_changed_outside_its_mask_is_flagged_and_the_exit_code_stays_0(
    tmp_path: Path, mask: Path
) -> None:
    before, after = draw(tmp_path / "a.png"), draw(tmp_path / "after" / "a.png", spoilt=True)
    answer = call("judge", "-t", "erase_text", before, after, "--mask", mask, "--json")
    (line,) = lines(answer.out)
    assert (answer.code, line["verdict"]) == (0, "flag")
    assert line["reasons"]
    x, y, wide, high = line["where"]["outside_mask.outside_changed"]
    assert (x, y + high, wide) == (0, 120, 160)


def test_two_folders_are_judged_by_the_names_they_share(tmp_path: Path) -> None:
    for name in ("a.png", "sub/b.png", "c.png"):
        draw(tmp_path / "before" / name)
    large = BackProjection().upscale(read(tmp_path / "before" / "a.png"), (320, 240), seed=0)
    (tmp_path / "after").mkdir()
    cv2.imwrite(str(tmp_path / "after" / "a.png"), large)
    draw(tmp_path / "after" / "sub" / "b.png", scale=2, spoilt=True)
    answer = call("judge", "-t", "upscale", tmp_path / "before", tmp_path / "after", "--json")
    assert [(line["name"], line["verdict"]) for line in lines(answer.out)] == [
        ("a.png", "pass"),
        ("sub/b.png", "flag"),
    ]
    shown = call("judge", "-t", "upscale", tmp_path / "before", tmp_path / "after")
    assert "sub/b.png" in shown.out


def test_masks_of_a_folder_are_found_by_name(tmp_path: Path, mask: Path) -> None:
    draw(tmp_path / "before" / "a.jpg")
    draw(tmp_path / "after" / "a.jpg")
    masks = tmp_path / "masks"
    masks.mkdir()
    mask.rename(masks / "a.png")
    answer = call(
        "judge", "-t", "erase_text", tmp_path / "before", tmp_path / "after", "--mask", masks, "--json"
    )
    (line,) = lines(answer.out)
    assert answer.code == 0
    assert line["readings"] != {}


def test_what_cannot_be_judged_is_exit_code_2(tmp_path: Path, mask: Path) -> None:
    picture, text = draw(tmp_path / "a.png"), tmp_path / "notes.png"
    text.write_text("no picture")
    (tmp_path / "empty").mkdir()
    for words, message in [
        (("-t", "polish", picture, picture), "there are gates for"),
        (("-t", "upscale", picture, tmp_path), "both be files or both be folders"),
        (("-t", "upscale", text, picture), "notes.png"),
        (("-t", "upscale", tmp_path, tmp_path / "empty"), "no picture of the same name"),
        (("-t", "erase_text", draw(tmp_path / "b.png", scale=2), picture, "--mask", mask), "its picture has"),
    ]:
        answer = call("judge", *words, "--json")
        assert (answer.code, answer.out) == (2, "")
        assert message in answer.err


def test_a_sheet_is_drawn_for_a_file_and_for_each_picture_of_a_folder(tmp_path: Path, mask: Path) -> None:
    before, after = draw(tmp_path / "a" / "p.png"), draw(tmp_path / "b" / "p.png", spoilt=True)
    answer = call(
        "judge", "-t", "erase_text", before, after, "--mask", mask, "--sheet", tmp_path / "out" / "one.png"
    )
    assert answer.code == 0
    assert min(read(tmp_path / "out" / "one.png").shape[:2]) > 600
    answer = call("judge", "-t", "erase_text", tmp_path / "a", tmp_path / "b", "--sheet", tmp_path / "all")
    assert answer.code == 0
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["p.png.png"]
