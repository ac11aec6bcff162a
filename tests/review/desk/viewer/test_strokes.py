"""Strokes become a mask of the picture's size, in their order; malformed ones are refused with words."""

import json

import numpy as np
import pytest

from review.desk.drawing.strokes import painted
from review.desk.viewer.stroke import MAX_STROKES, Stroke, StrokeError, read_strokes


def blank() -> np.ndarray:
    return np.zeros((60, 90), np.uint8)


def test_a_line_has_its_width_and_round_ends() -> None:
    mask = painted(blank(), [Stroke(tool="brush", width=10, points=((20, 30), (60, 30)))])
    assert (mask[26:34, 20:60] == 255).all()
    assert not mask[:24].any()
    assert not mask[36:].any()
    assert mask[30, 16] == 255
    assert mask[25, 15] == 0
    across = np.count_nonzero(mask[:, 40])
    assert 9 <= across <= 12


def test_a_touch_without_a_movement_is_a_dot() -> None:
    mask = painted(blank(), [Stroke(tool="brush", width=8, points=((45, 30),))])
    assert 40 <= np.count_nonzero(mask) <= 75
    assert mask[30, 45] == 255


def test_strokes_apply_in_their_order() -> None:
    box = Stroke(tool="box", points=((10, 10), (80, 50)))
    eraser = Stroke(tool="eraser", width=6, points=((0, 30), (90, 30)))
    assert painted(blank(), [box, eraser])[30, 40] == 0
    assert painted(blank(), [eraser, box])[30, 40] == 255
    assert not painted(blank(), [box, Stroke(tool="clear")]).any()
    base = np.full((60, 90), 255, np.uint8)
    assert painted(base, []).all()
    assert not painted(base, [Stroke(tool="clear")]).any()


def test_a_box_covers_its_pixels_whichever_corner_comes_first() -> None:
    mask = painted(blank(), [Stroke(tool="box", points=((80, 50), (10, 20)))])
    assert (mask[20:50, 10:80] == 255).all()
    assert np.count_nonzero(mask) == 30 * 70


def test_what_is_drawn_outside_of_the_picture_is_cut_off() -> None:
    strokes = [
        Stroke(tool="box", points=((-500, -500), (5, 5))),
        Stroke(tool="brush", width=4, points=((85, 30), (100_000, 30))),
    ]
    mask = painted(blank(), strokes)
    assert mask.shape == (60, 90)
    assert (mask[:5, :5] == 255).all()
    assert mask[30, 89] == 255


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[{}]",
        b'[{"tool": "bomb"}]',
        b'[{"tool": "brush", "width": -1}]',
        b'[{"tool": "brush", "points": [[1]]}]',
        b'[{"tool": "brush", "points": [[1e300, 1]]}]',
        b'[{"tool": "brush", "points": [[NaN, 1]]}]',
        json.dumps([{"tool": "clear"}] * (MAX_STROKES + 1)).encode(),
        json.dumps([{"tool": "brush", "points": [[1, 1]] * 100_001}] * 2).encode(),
    ],
)
def test_malformed_or_endless_strokes_are_refused(data: bytes) -> None:
    with pytest.raises(StrokeError, match="drawing"):
        read_strokes(data)
