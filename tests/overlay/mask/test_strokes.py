import cv2
import numpy as np
import pytest

from line.picture import Rgb
from overlay.mask.strokes import find_strokes, sides

QUAD = np.array([[30, 40], [300, 40], [300, 90], [30, 90]], np.float32)


def write(ground: Rgb, ink: tuple[int, int, int], thick: int = 5) -> tuple[Rgb, np.ndarray]:
    """The ground with a word in ``ink``, and where the word is, [H, W] bool."""
    page = np.zeros(ground.shape[:2], np.uint8)
    cv2.putText(page, "Caption", (40, 82), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 255, thick)
    rgb = ground.copy()
    rgb[page > 0] = ink
    return rgb, page > 0


def found(rgb: Rgb) -> np.ndarray:
    strokes = find_strokes(rgb, QUAD)
    mask = np.zeros(rgb.shape[:2], bool)
    mask[strokes.window] = strokes.full_mask() > 0
    return mask


def stripes() -> Rgb:
    ground = np.full((130, 340, 3), 60, np.uint8)
    ground[:, 150:] = (225, 215, 200)
    return ground


@pytest.mark.parametrize("ink", [(255, 255, 255), (0, 0, 0), (250, 200, 10)])
def test_letters_of_any_ink_are_found_on_a_plain_ground(ink: tuple[int, int, int]) -> None:
    rgb, letters = write(np.full((130, 340, 3), 128, np.uint8), ink)
    mask = found(rgb)
    assert mask[letters].mean() > 0.97
    assert mask.sum() < 2 * letters.sum()


def test_letters_across_the_outline_of_a_product_are_told_by_their_ink() -> None:
    rgb, letters = write(stripes(), (230, 0, 20))
    mask = found(rgb)
    assert mask[letters].mean() > 0.97
    assert mask.sum() < 2.5 * letters.sum()


def test_faint_letters_are_found_on_a_quiet_ground() -> None:
    rgb, letters = write(np.full((130, 340, 3), 128, np.uint8), (146, 146, 146))
    assert found(rgb)[letters].mean() > 0.95


def test_the_mask_is_at_the_size_of_the_photo_even_for_huge_letters() -> None:
    large = np.full((1300, 3400, 3), 128, np.uint8)
    cv2.putText(large, "Cap", (400, 820), cv2.FONT_HERSHEY_SIMPLEX, 18, (255, 0, 0), 60)
    strokes = find_strokes(large, QUAD * 10)
    rows, columns = strokes.window
    assert strokes.full_mask().shape == (rows.stop - rows.start, columns.stop - columns.start)
    assert strokes.scale < 0.2


def test_sides_are_along_and_across_the_text_however_it_is_turned() -> None:
    assert sides(QUAD) == (270, 50)
    assert sides(np.roll(QUAD, 1, axis=0)) == (270, 50)
