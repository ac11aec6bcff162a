import cv2
import numpy as np

from overlay.classify.typography_features import UNMEASURED, typography
from overlay.mask.strokes import find_strokes

QUAD = np.array([[20, 20], [340, 20], [340, 76], [20, 76]], np.float32)


def lettered(angle: float = 0.0) -> np.ndarray:
    """Bars and letters, [96, 360, 3] uint8, turned around their middle by ``angle`` degrees."""
    rgb = np.full((96, 360, 3), 230, np.uint8)
    cv2.putText(rgb, "HILFE THEIL", (28, 62), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (20, 20, 20), 5)
    turn = cv2.getRotationMatrix2D((180, 48), angle, 1)
    return np.asarray(cv2.warpAffine(rgb, turn, (360, 96), borderValue=(230, 230, 230)), np.uint8)


def measured(rgb: np.ndarray) -> dict[str, float]:
    return dict(typography(rgb, find_strokes(rgb, QUAD)))


def test_drawn_stems_are_upright_to_the_pixel() -> None:
    level = measured(lettered())
    assert level["stems_lean"] < 0.2
    assert level["stems_exact"] > 0.5


def test_the_lean_of_photographed_stems_is_measured_in_degrees() -> None:
    assert 2 < measured(lettered(3))["stems_lean"] < 4


def test_letters_stand_on_one_row_only_when_they_are_level() -> None:
    assert measured(lettered())["stand_exact"] > 0.9
    leaning = measured(lettered(3))
    assert leaning["stand_exact"] < 0.5
    assert 0.03 < leaning["stand_slope"] < 0.08


def test_letters_are_counted() -> None:
    assert 9 <= measured(lettered())["letters"] <= 11


def test_a_wire_that_runs_through_the_box_is_cut_by_it_and_a_text_is_not() -> None:
    wires = np.full((96, 360, 3), 230, np.uint8)
    for x in range(30, 340, 40):
        cv2.line(wires, (x, 0), (x, 95), (60, 60, 60), 6)
    assert measured(wires)["cut"] > 0.1
    assert measured(lettered())["cut"] < 0.05


def test_without_letters_nothing_is_measured() -> None:
    plain = measured(np.full((96, 360, 3), 128, np.uint8))
    assert plain["stems"] == plain["weight"] == UNMEASURED
    assert plain["letters"] == 0
