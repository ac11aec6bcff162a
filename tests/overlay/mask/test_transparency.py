import cv2
import numpy as np
import pytest

from line.picture import Rgb
from overlay.mask.strokes import find_strokes
from overlay.mask.transparency import may_be_veil, veil, veiled

QUAD = np.array([[40, 40], [460, 40], [460, 110], [40, 110]], np.float32)


def shaded() -> Rgb:
    """A ground that grows lighter from left to right, with a little grain."""
    ramp = np.linspace(40, 150, 500)[None, :, None] * np.array([1.0, 0.9, 0.8])
    grain = np.random.default_rng(5).normal(0, 2, (150, 500, 1))
    return np.clip(ramp + grain, 0, 255).astype(np.uint8)


def written(ground: Rgb, opacity: float, ink: tuple[int, int, int] = (255, 255, 255)) -> Rgb:
    page = np.zeros(ground.shape[:2], np.uint8)
    cv2.putText(page, "Sample", (50, 100), cv2.FONT_HERSHEY_SIMPLEX, 2.6, 255, 9, cv2.LINE_AA)
    share = (page / 255 * opacity)[..., None]
    return np.rint(ground * (1 - share) + np.array(ink) * share).astype(np.uint8)


@pytest.mark.parametrize("opacity", [0.35, 0.5, 0.65, 0.8])
def test_how_much_shows_through_is_measured_to_a_tenth(opacity: float) -> None:
    found = veil(find_strokes(written(shaded(), opacity), QUAD))
    assert found is not None
    assert found.through == pytest.approx(1 - opacity, abs=0.1)
    assert found.is_seen_through


@pytest.mark.parametrize("ink", [(255, 255, 255), (230, 0, 18)])
def test_opaque_letters_are_not_seen_through(ink: tuple[int, int, int]) -> None:
    found = veil(find_strokes(written(shaded(), 1.0, ink), QUAD))
    assert found is not None
    assert not found.is_seen_through


@pytest.mark.parametrize(("opacity", "may_be"), [(0.4, True), (0.6, True), (0.75, True), (1.0, False)])
def test_of_thin_letters_the_pixels_that_ink_covers_best_decide(opacity: float, may_be: bool) -> None:
    waves = 110 + 90 * np.sin(np.arange(500) / 60)[None, :, None] * np.ones((150, 1, 3))
    page = np.zeros(waves.shape[:2], np.uint8)
    cv2.putText(page, "Sample text here", (50, 95), cv2.FONT_HERSHEY_SIMPLEX, 0.8, 255, 2, cv2.LINE_AA)
    share = opacity * cv2.GaussianBlur(page.astype(np.float32) / 255, (0, 0), 0.8)[..., None]
    rgb = np.rint(waves * (1 - share) + 255 * share).astype(np.uint8)
    strokes = find_strokes(rgb, np.array([[40, 60], [440, 60], [440, 110], [40, 110]], np.float32))
    whole = veil(strokes)
    assert whole is not None
    assert whole.may_be_seen_through  # by their soft rims, whatever the ink
    assert may_be_veil(strokes) == may_be


def test_on_an_even_ground_nobody_can_say() -> None:
    found = veil(find_strokes(written(np.full((150, 500, 3), 90, np.uint8), 0.5), QUAD))
    assert found is not None
    assert not found.is_seen_through


def test_where_there_are_no_letters_nothing_is_measured() -> None:
    assert veil(find_strokes(np.full((150, 500, 3), 90, np.uint8), QUAD)) is None


def striped() -> Rgb:
    """A ground with harder edges than those of the letters."""
    ground = shaded()
    for left in range(0, 500, 60):
        ground[:, left : left + 25] = ground[:, left : left + 25] // 2 + 90
    return ground


def test_strokes_of_see_through_ink_are_drawn_by_its_blend_on_a_ground_with_edges() -> None:
    rgb = written(striped(), 0.5)
    letters = np.abs(rgb.astype(int) - striped()).max(axis=2) > 20
    drawn = veiled(find_strokes(rgb, QUAD), 70)
    assert drawn is not None
    blend = veil(drawn)
    assert blend is not None
    assert blend.is_seen_through
    mask = np.zeros(letters.shape, bool)
    mask[drawn.window] = drawn.full_mask() > 0
    assert mask[letters].mean() > 0.93
    assert mask.sum() < 1.4 * letters.sum()


def test_opaque_letters_are_not_drawn_by_a_blend() -> None:
    assert veiled(find_strokes(written(striped(), 1.0), QUAD), 70) is None
