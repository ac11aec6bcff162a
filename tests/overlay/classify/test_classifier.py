from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from overlay.classify import classifier
from overlay.classify.classifier import ALL_OVER, read
from overlay.classify.decision import as_odds
from overlay.detect.candidate import Candidate, Source

PHOTO = np.random.default_rng(3).integers(90, 160, (300, 400, 3), np.uint8)


def box(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


NOTHING = np.zeros((1, 1), np.float32)
"""A map of a photo over which nothing was laid."""
SIGNATURE = np.array([[193, 490], [388, 489], [389, 522], [194, 524]], np.float32)
"""Where the detector sees the mark on the sample."""
SAMPLES = Path(__file__).resolve().parents[3] / "samples" / "upload"
BOARD, LABEL = box(40, 40, 360, 140), box(120, 60, 280, 84)


@pytest.mark.parametrize(("label", "sure"), [(0.1, False), (0.9, True)])
def test_a_large_box_around_print_is_no_title(
    label: float, sure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [0.97, label]
    monkeypatch.setattr(classifier, "overlay_odds", lambda features: as_odds(given.pop(0)))
    monkeypatch.setattr(classifier, "company_odds", lambda heard: heard["odds"])
    board, _ = read(PHOTO, [Candidate(BOARD, 0.9, Source.FARTHER), Candidate(LABEL, 0.9)], NOTHING)
    assert board.alone == pytest.approx(0.97)
    assert board.probability == pytest.approx(0.97 if sure else ALL_OVER)


def test_a_mark_all_over_the_photo_is_never_sure() -> None:
    strokes = read(PHOTO, [Candidate(LABEL, 0.9)], NOTHING)[0].strokes
    (mark,) = read(PHOTO, [Candidate(box(0, 0, 400, 300), 0.9, Source.REPEATED, strokes)], NOTHING)
    assert mark.probability == ALL_OVER
    assert mark.is_faint


def test_a_see_through_mark_over_texture_waits_for_the_vendors_right_however_clear_its_letters_are() -> None:
    photo = np.asarray(Image.open(SAMPLES / "acme/shoes/sneakers-white.jpg").convert("RGB"))
    (mark,) = read(photo, [Candidate(SIGNATURE, 0.9)], NOTHING)
    assert mark.strokes.likeness > 0.5
    assert mark.is_faint


def lettered(rgb: np.ndarray) -> np.ndarray:
    cv2.putText(rgb, "SALE", (140, 160), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (250, 250, 250), 4, cv2.LINE_AA)
    return rgb


def seen(left: int, top: int, right: int, bottom: int) -> np.ndarray:
    laid = np.full((75, 100), 0.01, np.float32)
    laid[top // 4 : bottom // 4, left // 4 : right // 4] = 0.9
    return laid


WORD = Candidate(box(136, 128, 244, 166), 0.9)


def test_a_plain_thing_under_letters_is_no_banner_and_stays() -> None:
    trousers = PHOTO.copy()
    trousers[90:260, 100:300] = (30, 30, 34)
    lettered(trousers)
    (on_a_thing,) = read(trousers, [WORD], seen(140, 130, 240, 164))
    (on_a_banner,) = read(trousers, [WORD], seen(100, 90, 300, 260))
    assert on_a_thing.shape is None
    assert on_a_banner.shape is not None
    assert on_a_banner.shape.is_drawn


def test_a_ground_of_its_own_is_left_behind_only_where_the_map_sees_it() -> None:
    torn = PHOTO.copy()
    for rows, columns in ((126, 168), (130, 250)), ((70, 126), (130, 170)), ((168, 224), (210, 250)):
        torn[slice(*rows), slice(*columns)] = (30, 30, 34)
    lettered(torn)
    (on_a_thing,) = read(torn, [WORD], seen(0, 0, 0, 0))
    (on_a_banner,) = read(torn, [WORD], seen(130, 122, 250, 172))
    assert not on_a_thing.leaves_ground
    assert on_a_banner.leaves_ground
