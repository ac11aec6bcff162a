from dataclasses import replace

import cv2
import numpy as np

from overlay.mask.mask_completion import whole, without_islands
from overlay.mask.strokes import Strokes, find_strokes

QUAD = np.array([[40, 40], [320, 40], [320, 110], [40, 110]], np.float32)
WHITE, RED = (250, 250, 250), (220, 20, 30)


def scene() -> np.ndarray:
    """Changing everywhere, 60 to 120 levels."""
    noise = np.random.default_rng(5).integers(60, 120, (40, 90, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (360, 160), interpolation=cv2.INTER_CUBIC), np.uint8)


def word(rgb: np.ndarray, colour: tuple[int, int, int], thickness: int) -> np.ndarray:
    """ "BOOD" in letters with counters; True where it drew."""
    before = rgb.copy()
    cv2.putText(rgb, "BOOD", (56, 98), cv2.FONT_HERSHEY_SIMPLEX, 2.2, colour, thickness)
    return np.asarray((rgb != before).any(axis=-1))


def with_glyphs(rgb: np.ndarray, glyphs: np.ndarray, quad: np.ndarray = QUAD) -> Strokes:
    """As if ``glyphs`` [H, W] were the ink that was found."""
    strokes = find_strokes(rgb, quad)
    size = (strokes.box.shape[1], strokes.box.shape[0])
    part = glyphs[strokes.window].astype(np.uint8)
    small = cv2.resize(part, size, interpolation=cv2.INTER_NEAREST) > 0
    return replace(strokes, glyphs=small & strokes.box)


def covered(strokes: Strokes, drawn: np.ndarray) -> float:
    return float((strokes.full_mask() > 0)[drawn[strokes.window]].mean())


def test_what_a_contour_encloses_in_a_colour_of_its_own_goes_with_it() -> None:
    rgb = scene()
    fill = word(rgb.copy(), RED, 6)
    contour_too = cv2.dilate(fill.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    rgb[contour_too], rgb[fill] = WHITE, RED
    contour = with_glyphs(rgb, contour_too & ~fill)
    assert covered(contour, fill) < 0.6
    assert covered(whole(contour), fill) > 0.97


def test_the_counters_of_plain_letters_show_their_ground_and_stay() -> None:
    rgb = np.full((160, 360, 3), 120, np.uint8)
    letters = word(rgb, WHITE, 8)
    strokes = with_glyphs(rgb, letters)
    assert np.array_equal(whole(strokes).glyphs, strokes.glyphs)


def test_letters_that_a_loose_box_cuts_are_followed_beyond_it() -> None:
    rgb = scene()
    letters = word(rgb, RED, 9)
    low = QUAD + np.array([0, -26], np.float32)
    cut = with_glyphs(rgb, letters, low)
    assert covered(cut, letters) < 0.85
    assert covered(whole(cut), letters) > 0.95


def test_a_thing_of_the_ink_s_colour_is_no_part_of_the_letters() -> None:
    rgb = scene()
    rgb[84:] = RED
    letters = word(rgb, RED, 9)
    cut = with_glyphs(rgb, letters, QUAD + np.array([0, -26], np.float32))
    assert np.array_equal(whole(cut).glyphs, cut.glyphs)


def test_no_letters_stay_none() -> None:
    strokes = with_glyphs(scene(), np.zeros((160, 360), bool))
    assert whole(strokes) is strokes


def test_slivers_that_a_mask_encloses_go_with_it_and_the_ground_in_a_ring_stays() -> None:
    rgb = np.full((160, 360, 3), 120, np.uint8)
    rgb[40:100, 40:140] = 250
    mask = np.zeros((160, 360), np.uint8)
    mask[40:100, 40:140] = mask[40:100, 200:300] = 255
    mask[60:70, 60:120] = mask[60:70, 220:280] = 0
    cleaned = without_islands(mask, rgb)
    assert cleaned[60:70, 60:120].min() == 255
    assert cleaned[60:70, 220:280].max() == 0


def test_a_product_in_a_ring_is_no_sliver_of_it() -> None:
    rgb = np.full((160, 360, 3), 120, np.uint8)
    rgb[50:110, 130:230] = RED
    mask = np.zeros((160, 360), np.uint8)
    cv2.rectangle(mask, (120, 40), (240, 120), 255, 8)
    assert np.array_equal(without_islands(mask, rgb), mask)
