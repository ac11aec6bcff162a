import cv2
import numpy as np
import pytest

from tasks.overlay.bare import stands_bare
from tasks.overlay.strokes import Strokes, find_strokes

QUAD = np.array([[96, 116], [304, 116], [304, 164], [96, 164]], np.float32)


@pytest.fixture(scope="module")
def strokes() -> Strokes:
    """Yellow letters over an even dark thing."""
    rgb = np.full((300, 400, 3), 210, np.uint8)
    rgb[100:180, 60:340] = 60
    cv2.putText(rgb, "IN STOCK", (104, 156), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (230, 200, 20), 5, cv2.LINE_AA)
    return find_strokes(rgb, QUAD)


def chart(strokes: Strokes, *, letters: float, between: float) -> np.ndarray:
    """A map that says so of the letters' cells, and of all others in the box."""
    whole = np.zeros((300, 400), np.float32)
    whole[116:164, 96:304] = between
    window = whole[strokes.window]
    window[strokes.full_mask() > 0] = letters
    return whole[2::4, 2::4]


def test_letters_that_alone_are_seen_stand_on_the_photo(strokes: Strokes) -> None:
    assert stands_bare(strokes, chart(strokes, letters=1.0, between=0.0), (300, 400))


def test_what_the_map_sees_between_letters_is_a_banner(strokes: Strokes) -> None:
    assert not stands_bare(strokes, chart(strokes, letters=1.0, between=0.6), (300, 400))


def test_a_map_that_does_not_see_the_letters_says_nothing_of_their_ground(strokes: Strokes) -> None:
    assert not stands_bare(strokes, chart(strokes, letters=0.2, between=0.0), (300, 400))
