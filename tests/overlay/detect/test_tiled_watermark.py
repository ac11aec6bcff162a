import cv2
import numpy as np
import pytest

from line.picture import Rgb
from overlay.classify.classifier import read
from overlay.detect.candidate import Source
from overlay.detect.tiled_watermark import find_repeated


def photo(seed: int = 0) -> Rgb:
    """Soft shapes of all sizes, nothing of which comes back, 600 by 800 pixels."""
    rng = np.random.default_rng(seed)
    rgb = np.zeros((600, 800, 3), np.float32)
    for cells in (6, 20, 60, 200):
        noise = rng.normal(0, 22, (cells, cells, 3)).astype(np.float32)
        rgb += cv2.resize(noise, (800, 600), interpolation=cv2.INTER_CUBIC)
    return np.clip(rgb + 120, 0, 255).astype(np.uint8)


def marked(rgb: Rgb, angle: float, opacity: float = 0.3) -> tuple[Rgb, np.ndarray]:
    """White words over all of the photo, every other row shifted, and where they are, [H, W] bool."""
    page = np.zeros((1600, 1600), np.uint8)
    for row, y in enumerate(range(30, 1600, 110)):
        for x in range(-90 * (row % 2), 1600, 230):
            cv2.putText(page, "SAMPLE", (x, y), cv2.FONT_HERSHEY_SIMPLEX, 1.1, 255, 4, cv2.LINE_AA)
    turn = cv2.getRotationMatrix2D((800, 800), angle, 1)
    layer = cv2.warpAffine(page, turn, (1600, 1600))[500:1100, 400:1200].astype(np.float32) / 255
    mixed = rgb + (255 - rgb) * (opacity * layer[..., None])
    return np.rint(mixed).astype(np.uint8), layer > 0.5


@pytest.mark.parametrize("angle", [0, 30])
def test_a_faint_mark_all_over_a_busy_photo_is_drawn_to_its_strokes(angle: float) -> None:
    rgb, letters = marked(photo(), angle)
    found = find_repeated(rgb)
    assert found is not None
    assert found.source is Source.REPEATED
    assert found.strokes is not None
    mask = found.strokes.full_mask() > 0
    assert mask.shape == letters.shape
    widened = cv2.dilate(mask.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0  # less than the erasing does
    assert widened[letters].mean() > 0.97
    assert mask.sum() < 2.5 * letters.sum()


@pytest.mark.parametrize("seed", range(3))
def test_a_photo_without_a_mark_has_none(seed: int) -> None:
    assert find_repeated(photo(seed)) is None


@pytest.mark.parametrize("fill", [0, 200, 255])
def test_one_colour_has_no_mark(fill: int) -> None:
    assert find_repeated(np.full((300, 400, 3), fill, np.uint8)) is None


def test_a_pattern_on_a_part_of_the_photo_belongs_to_the_product() -> None:
    rgb = photo()
    rgb[150:450, 100:360] = marked(photo(), 0, 0.9)[0][150:450, 100:360]
    assert find_repeated(rgb) is None


def test_a_picture_too_small_for_a_period_is_left_alone() -> None:
    assert find_repeated(photo()[:90]) is None


def test_a_mark_all_over_is_an_overlay_that_no_one_erases_unasked() -> None:
    rgb, _ = marked(photo(), 30)
    found = find_repeated(rgb)
    assert found is not None
    (reading,) = read(rgb, [found], np.zeros((1, 1), np.float32))
    assert 0.5 < reading.probability < 0.9
    assert reading.is_faint
