import cv2
import numpy as np
import pytest

from overlay.classify.classifier import Reading, read
from overlay.detect.candidate import Candidate
from overlay.mask.mask_coverage_check import is_frame, leaves_rest

NOTHING = np.zeros((1, 1), np.float32)


def reading(rgb: np.ndarray, x: int, y: int, laid: np.ndarray = NOTHING) -> Reading:
    """What is read of the word "SALE" whose letters stand on (x, y)."""
    cv2.putText(rgb, "SALE", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (250, 250, 250), 4, cv2.LINE_AA)
    quad = np.array([[x - 4, y - 32], [x + 104, y - 32], [x + 104, y + 6], [x - 4, y + 6]], np.float32)
    (found,) = read(rgb, [Candidate(quad, 0.9)], laid)
    return found


@pytest.fixture
def scene() -> np.ndarray:
    """A photo without text, its light changing everywhere."""
    return np.random.default_rng(3).integers(90, 160, (300, 400, 3), np.uint8)


def chart(*boxes: tuple[int, int, int, int], chance: float = 0.9) -> np.ndarray:
    """A map that sees what was laid in boxes of left, top, right, bottom."""
    laid = np.zeros((75, 100), np.float32)
    for left, top, right, bottom in boxes:
        laid[top // 4 : bottom // 4, left // 4 : right // 4] = chance
    return laid


def test_a_badge_of_which_the_ends_would_stay_leaves_a_rest(scene: np.ndarray) -> None:
    word = reading(scene, 140, 160)
    mask = np.zeros((300, 400), np.uint8)
    mask[128:168, 136:248] = 255
    assert leaves_rest(word, mask, chart((104, 124, 276, 172)))
    assert not leaves_rest(word, mask, chart((136, 124, 248, 172)))


def test_what_the_map_sees_far_from_a_text_is_none_of_its(scene: np.ndarray) -> None:
    word = reading(scene, 140, 160)
    mask = np.zeros((300, 400), np.uint8)
    mask[128:168, 136:248] = 255
    assert not leaves_rest(word, mask, chart((136, 124, 248, 172), (0, 0, 80, 60)))


def test_what_goes_on_beyond_a_text_is_a_thing_that_the_map_mistakes_unless_it_is_sure(
    scene: np.ndarray,
) -> None:
    word = reading(scene, 140, 160)
    mask = np.zeros((300, 400), np.uint8)
    mask[128:168, 136:248] = 255
    sleeve = (100, 0, 284, 300)
    assert not leaves_rest(word, mask, chart(sleeve))
    assert leaves_rest(word, mask, chart(sleeve, chance=1.0))


def test_where_the_map_sees_nothing_nothing_is_left(scene: np.ndarray) -> None:
    assert not leaves_rest(reading(scene, 140, 160), np.zeros((300, 400), np.uint8), chart())


def test_a_strip_along_a_whole_side_is_a_frame_and_a_banner_within_the_photo_is_none(
    scene: np.ndarray,
) -> None:
    framed, within = scene.copy(), scene.copy()
    framed[240:] = (30, 60, 160)
    within[120:180, 60:340] = (30, 60, 160)
    assert is_frame(reading(framed, 140, 285, chart((0, 240, 400, 300))), framed)
    banner = reading(within, 140, 165, chart((60, 120, 340, 180)))
    assert banner.shape is not None
    assert banner.shape.is_drawn
    assert not is_frame(banner, within)


def test_a_strip_on_a_plain_ground_hides_nothing_unless_a_thing_runs_into_it() -> None:
    plain = np.full((300, 400, 3), 225, np.uint8)
    plain[:, :, 0] = np.linspace(200, 230, 400)
    met = plain.copy()
    met[120:, 150:200] = (40, 90, 60)
    for photo in (plain, met):
        photo[240:] = (30, 60, 160)
    strip = chart((0, 240, 400, 300))
    assert not is_frame(reading(plain, 140, 285, strip), plain)
    assert is_frame(reading(met, 140, 285, strip), met)


def test_a_soft_shadow_at_the_brink_would_be_drawn_out_over_the_strip() -> None:
    plain = np.full((300, 400, 3), 250, np.uint8)
    middle = np.exp(-(((np.arange(400) - 200) / 50) ** 2))
    shadowed = np.rint(plain - 60 * middle[None, :, None]).astype(np.uint8)
    for photo in (plain, shadowed):
        photo[240:] = (30, 60, 160)
    strip = chart((0, 240, 400, 300))
    assert not is_frame(reading(plain, 140, 285, strip), plain)
    assert is_frame(reading(shadowed, 140, 285, strip), shadowed)
