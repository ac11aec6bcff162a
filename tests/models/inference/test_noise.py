import cv2
import numpy as np
import pytest

from models.inference.noise import noise_level
from models.non_local_means import NonLocalMeans


def ground(height: int = 300, width: int = 400) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    shades: np.ndarray = 120 + 40 * np.sin(rows / 60) + 30 * np.cos(columns / 80)
    return shades


def noisy(luma: np.ndarray, deviation: float) -> np.ndarray:
    drawn = np.random.default_rng(3).normal(0, deviation, luma.shape)
    return np.clip(luma + drawn, 0, 255).astype(np.float32)


@pytest.mark.parametrize("deviation", [2, 5, 12])
def test_noise_is_read_within_a_sixth_of_what_was_drawn(deviation: float) -> None:
    assert noise_level(noisy(ground(), deviation)) == pytest.approx(deviation, rel=1 / 6)


def test_texture_over_half_of_a_photo_is_not_taken_for_noise() -> None:
    luma = ground()
    luma[:, :200] += 40 * (np.indices((300, 200)).sum(axis=0) % 2)
    assert noise_level(noisy(luma, 3)) == pytest.approx(3, rel=1 / 4)


def test_a_clipped_white_ground_says_nothing() -> None:
    luma = noisy(ground(), 5)
    luma[:200] = 255
    assert noise_level(luma) == pytest.approx(5, rel=1 / 4)
    assert noise_level(np.full((100, 100), 255, np.float32)) == 0


def test_a_photo_of_a_few_pixels_has_a_noise_too() -> None:
    assert noise_level(np.full((3, 2), 90, np.float32)) == 0


def test_non_local_means_takes_noise_off_and_leaves_a_clean_photo() -> None:
    clean = cv2.cvtColor(ground().astype(np.uint8), cv2.COLOR_GRAY2RGB)
    drawn = np.random.default_rng(4).normal(0, 8, clean.shape)
    given = np.clip(clean + drawn, 0, 255).astype(np.uint8)
    done = NonLocalMeans().denoise(given, seed=0)
    assert cv2.PSNR(done, clean) > cv2.PSNR(given, clean) + 6
    assert np.array_equal(NonLocalMeans().denoise(np.asarray(clean, np.uint8), seed=0), clean)
