import numpy as np

from overlay.detect.candidate import Source
from overlay.detect.segmentation_regions import find_laid, is_laid
from overlay.mask.panel import Shape

SHAPE = (400, 600, 3)


def map_with(*places: tuple[slice, slice]) -> np.ndarray:
    laid = np.full((100, 150), 0.02, np.float32)
    for place in places:
        laid[place] = 0.9
    return laid


def test_a_sign_that_no_text_finder_saw_is_framed() -> None:
    (found,) = find_laid(map_with(np.s_[10:20, 30:70]), SHAPE, [])
    assert found.source is Source.LAID
    assert found.quad.tolist() == [[120, 40], [280, 40], [280, 80], [120, 80]]


def test_what_a_text_covers_already_is_not_framed_again() -> None:
    text = np.array([[118, 38], [282, 38], [282, 82], [118, 82]], np.float32)
    assert find_laid(map_with(np.s_[10:20, 30:70]), SHAPE, [text]) == []


def test_letters_of_one_line_are_one_place_and_a_speck_is_none() -> None:
    letters = [np.s_[10:16, left : left + 4] for left in range(30, 70, 7)]
    (found,) = find_laid(map_with(*letters, np.s_[80:82, 3:6]), SHAPE, [])
    assert np.ptp(found.quad[:, 0]) > 140


def test_a_slanted_line_gets_a_slanted_frame() -> None:
    laid = map_with()
    for step in range(60):
        laid[20 + step // 2 : 26 + step // 2, 20 + step] = 0.9
    (found,) = find_laid(laid, SHAPE, [])
    along = found.quad[1] - found.quad[0]
    assert 20 < np.degrees(np.arctan2(along[1], along[0])) < 34


def test_places_of_a_large_photo_are_in_its_own_pixels() -> None:
    laid = np.zeros((300, 400), np.float32)
    laid[100:120, 100:200] = 1
    (found,) = find_laid(laid, (2400, 3200, 3), [])
    assert found.quad.min(axis=0).tolist() == [800, 800]


def shape(*, exact: bool = True, rows: slice = np.s_[80:200], columns: slice = np.s_[100:400]) -> Shape:
    view = np.zeros(SHAPE[:2], bool)
    view[rows, columns] = True
    if not exact:
        view[80:120, 100:180] = False
    return Shape(0.15, 1.0, 4.0, 0.0, 60.0, 60.0, 0, view, 1.0)


TEXT = np.array([[180, 120], [320, 120], [320, 150], [180, 150]], np.float32)


def test_a_shape_is_laid_where_the_map_sees_it_away_from_the_text() -> None:
    assert is_laid(shape(), TEXT, SHAPE, map_with(np.s_[20:50, 25:100]))
    assert not is_laid(shape(), TEXT, SHAPE, map_with(np.s_[30:38, 45:80]))


def test_an_exact_rectangle_needs_less_of_it_than_a_thing_of_any_outline() -> None:
    little = map_with(np.s_[20:22, 25:100])
    assert is_laid(shape(), TEXT, SHAPE, little)
    assert not is_laid(shape(exact=False), TEXT, SHAPE, little)


def test_of_a_strip_along_a_side_and_of_a_tight_shape_the_map_is_not_asked() -> None:
    nothing = map_with()
    assert is_laid(shape(rows=np.s_[0:60], columns=np.s_[0:600]), TEXT, SHAPE, nothing)
    assert is_laid(shape(rows=np.s_[114:156], columns=np.s_[174:326]), TEXT, SHAPE, nothing)
