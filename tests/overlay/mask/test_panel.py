import cv2
import numpy as np
import pytest

from line.picture import Rgb
from overlay.mask.panel import Shape, find_inner, find_shape
from overlay.mask.strokes import find_strokes

QUAD = np.array([[120, 90], [220, 90], [220, 120], [120, 120]], np.float32)


def textured(seed: int = 0) -> Rgb:
    noise = np.random.default_rng(seed).integers(60, 200, (30, 40, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (400, 300), interpolation=cv2.INTER_CUBIC), np.uint8)


def lettered(rgb: Rgb) -> Rgb:
    for left in range(126, 214, 14):
        cv2.rectangle(rgb, (left, 95), (left + 4, 114), (255, 255, 255), -1)
    return rgb


def shape_of(rgb: Rgb) -> Shape | None:
    return find_shape(rgb, 1.0, QUAD, find_strokes(rgb, QUAD))


def test_a_banner_under_the_letters_is_found_with_its_whole_outline() -> None:
    rgb = textured()
    cv2.rectangle(rgb, (100, 80), (240, 130), (200, 0, 20), -1)
    shape = shape_of(lettered(rgb))
    assert shape is not None
    assert shape.is_drawn
    mask = shape.full_mask(400, 300)
    assert (mask[80:131, 100:241] == 255).all()
    assert mask[:70].max() == mask[:, 260:].max() == 0


def test_a_round_badge_goes_with_its_text() -> None:
    rgb = textured()
    cv2.circle(rgb, (170, 105), 70, (0, 120, 220), -1)
    shape = shape_of(lettered(rgb))
    assert shape is not None
    assert shape.is_drawn
    assert shape.full_mask(400, 300)[40:60, 160:180].all()


def test_letters_straight_on_the_photo_stand_on_no_drawn_shape() -> None:
    shape = shape_of(lettered(textured()))
    assert shape is None or not shape.is_drawn


def test_the_ground_of_the_whole_scene_is_no_shape() -> None:
    assert shape_of(lettered(np.full((300, 400, 3), 120, np.uint8))) is None


@pytest.mark.parametrize("scale", [0.5, 0.25])
def test_a_shape_found_in_a_smaller_view_covers_the_rim_at_full_size(scale: float) -> None:
    rgb = textured()
    cv2.rectangle(rgb, (100, 80), (240, 130), (200, 0, 20), -1)
    strokes = find_strokes(lettered(rgb), QUAD)
    view = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    shape = find_shape(np.asarray(view, np.uint8), scale, QUAD, strokes)
    assert shape is not None
    assert (shape.full_mask(400, 300)[80:131, 100:241] == 255).mean() > 0.97


def test_a_round_badge_hardly_larger_than_its_text_s_box_goes_with_it() -> None:
    rgb = textured()
    cv2.circle(rgb, (170, 105), 40, (120, 20, 140), -1)
    for left in range(146, 194, 14):
        cv2.rectangle(rgb, (left, 95), (left + 4, 114), (255, 255, 255), -1)
    quad = np.array([[130, 75], [210, 75], [210, 135], [130, 135]], np.float32)
    shape = find_shape(rgb, 1.0, quad, find_strokes(rgb, quad))
    assert shape is not None
    assert shape.over_text < 1.1
    assert shape.is_drawn


def test_a_strip_across_the_photo_ends_where_it_stops_to_span_it() -> None:
    rgb = textured()
    cv2.rectangle(rgb, (0, 80), (399, 130), (245, 245, 245), -1)
    cv2.circle(rgb, (300, 60), 40, (245, 245, 245), -1)  # something as white touches the strip
    shape = shape_of(lettered_dark(rgb))
    assert shape is not None
    assert shape.is_drawn
    mask = shape.full_mask(400, 300)
    assert mask[82:129].all()
    assert mask[:70].max() == 0


def lettered_dark(rgb: Rgb) -> Rgb:
    for left in range(126, 214, 14):
        cv2.rectangle(rgb, (left, 95), (left + 4, 114), (20, 20, 20), -1)
    return rgb


def test_where_a_gradient_leaves_the_tolerance_no_shape_ends() -> None:
    ramp = np.linspace(40, 240, 400)[None, :, None].repeat(300, axis=0).repeat(3, axis=2).astype(np.uint8)
    shape = shape_of(lettered(ramp))
    assert shape is None or not shape.is_drawn


def test_a_badge_that_the_box_frames_whole_is_found_from_its_middle() -> None:
    rgb = textured()
    cv2.circle(rgb, (170, 105), 54, (0, 120, 220), -1)
    frame = np.array([[110, 45], [230, 45], [230, 165], [110, 165]], np.float32)
    shape = find_inner(lettered(rgb), 1.0, frame, find_strokes(rgb, frame))
    assert shape is not None
    assert shape.is_drawn
    mask = shape.full_mask(400, 300) > 0
    disc = cv2.circle(np.zeros((300, 400), np.uint8), (170, 105), 54, 1, -1) > 0
    assert mask[disc].mean() > 0.98
    assert mask.sum() < 1.15 * disc.sum()


def test_a_box_on_a_photo_frames_no_shape() -> None:
    rgb = textured()
    shape = find_inner(rgb, 1.0, QUAD, find_strokes(rgb, QUAD))
    assert shape is None or not shape.is_drawn


def test_a_long_shape_with_a_ragged_side_is_a_thing_of_the_scene() -> None:
    rgb = textured()
    corners = np.array([[80, 80], [330, 80], [240, 132], [80, 132]])
    cv2.fillPoly(rgb, [corners], (200, 0, 20))
    shape = shape_of(lettered(rgb))
    assert shape is not None
    assert shape.solidity > 0.95
    assert shape.squareness < 0.84
    assert not shape.is_drawn


def test_a_see_through_banner_is_more_than_its_piece_over_one_ground() -> None:
    piece, whole = np.zeros((2, 300, 400), bool)
    piece[80:130, 100:200], whole[80:130, 100:300] = True, True
    part, banner = (
        Shape(float(view.mean()), 1.0, 2.0, 0.0, 60.0, 60.0, 0, view, 1.0) for view in (piece, whole)
    )
    assert part.is_part_of(banner)
    assert not banner.is_part_of(part)
    assert not banner.is_part_of(banner)
