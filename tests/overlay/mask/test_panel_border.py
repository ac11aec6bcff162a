import cv2
import numpy as np

from overlay.mask.panel_border import with_edging

BOX = np.s_[60:120, 80:300]
TALL = 40.0


def scene() -> np.ndarray:
    """Changing everywhere, 90 to 150 levels."""
    noise = np.random.default_rng(5).integers(90, 150, (50, 95, 3), np.uint8)
    return np.asarray(cv2.resize(noise, (380, 200), interpolation=cv2.INTER_CUBIC), np.uint8)


def banner(rgb: np.ndarray) -> np.ndarray:
    """A yellow banner on ``rgb``, and its mask."""
    rgb[BOX] = (250, 220, 60)
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[BOX] = 255
    return mask


def test_a_contour_and_a_sticker_s_side_go_with_the_banner() -> None:
    rgb = scene()
    rgb[56:128, 76:304] = (10, 10, 10)
    rgb[123:126, 76:304] = (60, 220, 220)
    grown = with_edging(banner(rgb), rgb, TALL)
    assert (grown[56:128, 76:304] == 255).mean() > 0.99
    assert grown[:40].max() == grown[150:].max() == 0


def test_a_banner_straight_on_the_scene_stays_as_it_is() -> None:
    rgb = scene()
    mask = banner(rgb)
    assert np.array_equal(with_edging(mask, rgb, TALL), mask)


def test_a_thing_that_goes_on_around_a_banner_is_no_edging_of_it() -> None:
    rgb = scene()
    rgb[20:160, 40:340] = (10, 10, 10)
    mask = banner(rgb)
    assert np.array_equal(with_edging(mask, rgb, TALL), mask)


def test_a_banner_over_many_things_has_no_contour_of_one_colour() -> None:
    rgb = scene()
    rgb[:, ::24], rgb[::24] = (250, 250, 250), (5, 5, 5)
    for left in range(70, 310, 12):
        rgb[50:130, left : left + 6] = np.random.default_rng(left).integers(0, 255, 3)
    mask = banner(rgb)
    assert np.array_equal(with_edging(mask, rgb, TALL), mask)


def test_no_shape_has_no_edging() -> None:
    nothing = np.zeros((200, 380), np.uint8)
    assert with_edging(nothing, scene(), TALL) is nothing
