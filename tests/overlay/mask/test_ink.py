import cv2
import numpy as np

from overlay.mask.ink import find_ink

CORNERS = np.array([[20, 20], [300, 20], [300, 70], [20, 70]], np.float32)
BOX = np.zeros((90, 320), bool)
BOX[18:73, 18:303] = True


def letters(shift: tuple[int, int] = (0, 0)) -> np.ndarray:
    """[90, 320] bool, a word."""
    page = np.zeros((90, 320), np.uint8)
    cv2.putText(page, "Caption", (30 + shift[0], 62 + shift[1]), cv2.FONT_HERSHEY_SIMPLEX, 1.8, 255, 5)
    return page > 0


def ink_of(rgb: np.ndarray) -> tuple[np.ndarray, float]:
    ground = cv2.medianBlur(np.ascontiguousarray(rgb), 55)
    return find_ink(rgb, ground, BOX, CORNERS, 50.0)


def forest_and_snow() -> np.ndarray:
    """[90, 320, 3] uint8, dark on the left, bright on the right, with texture of many tones on both sides."""
    rng = np.random.default_rng(4)
    ground = np.full((90, 320), 60.0)
    ground[:, 160:] = 215
    ground += cv2.GaussianBlur(rng.normal(0, 60, ground.shape), (0, 0), 2)
    return np.repeat(np.clip(ground, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def test_letters_over_a_busy_ground_are_told_by_their_one_colour() -> None:
    rgb, drawn = forest_and_snow(), letters()
    rgb[drawn] = (250, 20, 20)
    ink, likeness = ink_of(rgb)
    assert ink[drawn].mean() > 0.95
    assert (ink & ~drawn).sum() < 0.3 * drawn.sum()
    assert likeness > 0.4


def test_lines_of_the_same_ink_above_and_below_do_not_hide_it() -> None:
    rgb, drawn = forest_and_snow(), letters()
    for shift in ((0, -60), (0, 0), (0, 60)):
        rgb[letters(shift)] = (250, 140, 0)
    ink, _ = ink_of(rgb)
    assert ink[drawn].mean() > 0.95
    assert (ink & ~drawn).sum() < 0.3 * drawn.sum()


def test_a_drawn_contour_belongs_to_the_ink() -> None:
    rgb, inner = forest_and_snow(), letters()
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (7, 7))
    whole = cv2.dilate(inner.astype(np.uint8), disc) > 0
    rgb[whole] = (0, 60, 200)
    rgb[inner] = (255, 240, 40)
    ink, _ = ink_of(rgb)
    assert ink[whole].mean() > 0.9


def test_texture_without_letters_looks_less_like_ink_than_letters_do() -> None:
    ground = forest_and_snow()
    _, of_texture = ink_of(ground)
    ground[letters()] = (250, 20, 20)
    _, of_letters = ink_of(ground)
    assert of_letters > 1.5 * of_texture


def test_one_colour_all_over_has_no_ink() -> None:
    ink, likeness = ink_of(np.full((90, 320, 3), 128, np.uint8))
    assert not ink.any()
    assert likeness == 0
