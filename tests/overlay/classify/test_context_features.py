import numpy as np
import pytest

from overlay.classify.context_features import ALONE, company

RED, GREY = np.array([220, 10, 20], np.float32), np.array([90, 90, 90], np.float32)


def line(left: float, top: float, width: float = 200, height: float = 20) -> np.ndarray:
    right, bottom = left + width, top + height
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)


def test_the_lines_of_one_caption_hear_each_other() -> None:
    heard = company([line(10, 10), line(10, 36), line(10, 62)], [RED, RED, RED], [2.0, 3.0, -1.0])
    assert [one["flush_count"] for one in heard] == [1, 2, 1]
    assert heard[2]["alike_most"] == pytest.approx(3.0)
    assert heard[2]["kin_least"] == pytest.approx(3.0)
    assert heard[0]["others_mean"] == pytest.approx(1.0)


def test_print_of_another_ink_far_away_is_no_kin() -> None:
    heard = company([line(10, 10), line(400, 700)], [RED, GREY], [4.0, -5.0])
    assert heard[0]["near_count"] == heard[0]["alike_count"] == heard[0]["kin_count"] == 0
    assert heard[0]["others_least"] == pytest.approx(-5.0)
    assert heard[0]["near_most"] == ALONE


def test_letters_without_ink_are_like_no_other() -> None:
    heard = company([line(10, 10), line(10, 36)], [None, None], [1.0, 1.0])
    assert heard[0]["alike_count"] == 0
    assert heard[0]["near_count"] == 1


def test_a_text_alone_hears_nobody() -> None:
    (heard,) = company([line(10, 10)], [RED], [0.3])
    assert heard["odds"] == pytest.approx(0.3)
    assert {value for name, value in heard.items() if name.endswith("_most")} == {ALONE}


def test_a_photo_without_text_has_no_features() -> None:
    assert company([], [], []) == []


def test_odds_beyond_reason_are_cut() -> None:
    (heard,) = company([line(10, 10)], [RED], [99.0])
    assert heard["odds"] == pytest.approx(8.0)
