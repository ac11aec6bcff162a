import cv2
import numpy as np
import pytest

from models.surroundings import Surroundings


def grainy(size: float, strength: float = 6.0) -> np.ndarray:
    """A grey ground [160, 240, 3] with grain whose grains are ``size`` pixels large."""
    white = np.random.default_rng(5).standard_normal((160, 240)).astype(np.float32)
    grain = cv2.GaussianBlur(white, (0, 0), size) if size else white
    ground = 128 + strength * grain / grain.std()
    return np.repeat(np.clip(np.rint(ground), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


def fine(rgb: np.ndarray) -> np.ndarray:
    luma = rgb[..., 1].astype(np.float32)
    return luma - cv2.GaussianBlur(luma, (0, 0), 1.5)


def correlation(detail: np.ndarray) -> float:
    """Of neighbouring pixels."""
    return float(np.corrcoef(detail[:, 1:].ravel(), detail[:, :-1].ravel())[0, 1])


@pytest.mark.parametrize("size", [0.0, 0.6, 1.0])
def test_the_fill_has_grain_as_fine_and_as_strong_as_the_photo(size: float) -> None:
    rgb = grainy(size)
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[60:100, 60:180] = 255
    filled = fine(Surroundings().fill(rgb, mask, seed=3))[66:94, 66:174]
    around = fine(rgb)[20:48, 66:174]
    assert correlation(filled) == pytest.approx(correlation(around), abs=0.2)
    assert filled.std() == pytest.approx(around.std(), rel=0.4)


def test_letters_near_the_hole_are_not_strewn_into_it_as_noise() -> None:
    rgb = np.full((160, 240, 3), 120, np.uint8)
    for row in (20, 45, 130, 155):
        cv2.putText(
            rgb, "INGREDIENTS SUGAR SALT", (2, row), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (250, 250, 250), 2
        )
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[75:95, 70:170] = 255
    filled = Surroundings().fill(rgb, mask, seed=3)[78:92, 76:164]
    assert filled.astype(np.float32).std() < 12
