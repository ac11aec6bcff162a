import cv2
import numpy as np
import pytest

from line.picture import Rgb
from tasks.overlay.setting import typography
from tasks.overlay.strokes import find_strokes

SIDE = 420
QUAD = np.array([[40, 170], [380, 170], [380, 250], [40, 250]], np.float32)


def page() -> Rgb:
    """Dark letters on a light ground, level."""
    light = np.full((SIDE, SIDE, 3), 225, np.uint8)
    return cv2.putText(
        light, "HEATED FIT", (50, 230), cv2.FONT_HERSHEY_SIMPLEX, 1.7, (20, 30, 60), 5, cv2.LINE_AA
    )


def seen(transform: np.ndarray) -> dict[str, float]:
    """The features of the page after a projective ``transform`` [3, 3]."""
    rgb = cv2.warpPerspective(
        page(), transform, (SIDE, SIDE), flags=cv2.INTER_CUBIC, borderValue=(225, 225, 225)
    )
    quad = cv2.perspectiveTransform(QUAD[None], transform)[0].astype(np.float32)
    return dict(typography(rgb, find_strokes(rgb, quad)))


def by(degrees: float) -> np.ndarray:
    return np.vstack([cv2.getRotationMatrix2D((SIDE / 2, SIDE / 2), degrees, 1), [0, 0, 1]])


@pytest.mark.parametrize("degrees", [0, 8, -17, 30, 41])
def test_drawn_letters_are_square_and_stand_on_one_line_whatever_their_angle(degrees: float) -> None:
    found = seen(by(degrees))
    assert found["square"] > 0.4
    assert found["square_skew"] < 3
    assert found["feet_off"] < 1
    assert found["feet_share"] > 0.7


def test_letters_seen_from_aside_are_askew() -> None:
    leaning = np.array([[1, 0.25, -50], [0, 1, 0], [0, 0, 1]])
    assert seen(leaning)["square_skew"] > 7


def test_letters_on_a_fold_stand_on_no_line() -> None:
    rgb = page()
    rows, columns = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    folded = cv2.remap(
        rgb, columns, rows + 9 * np.sin(columns / 40), cv2.INTER_CUBIC, borderValue=(225, 225, 225)
    )
    room = np.add(QUAD, [(0, -10), (0, -10), (0, 10), (0, 10)]).astype(np.float32)
    found = typography(folded, find_strokes(folded, room))
    assert found["feet_off"] > 2


def test_where_there_are_no_letters_nothing_is_measured() -> None:
    blank = np.full((SIDE, SIDE, 3), 225, np.uint8)
    found = typography(blank, find_strokes(blank, QUAD))
    assert found["square"] == found["feet_off"] == -1
