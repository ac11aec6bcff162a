import cv2
import numpy as np
import pytest

from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import composite, feathered


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


def inside_psnr(one: np.ndarray, other: np.ndarray, mask: np.ndarray) -> float:
    error = float(np.mean((one[mask > 0].astype(np.float32) - other[mask > 0]) ** 2))
    return 10 * float(np.log10(255**2 / max(error, 1e-6)))


def captioned(truth: np.ndarray, quality: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """``truth`` [H, W, 3] with letters over it, and their mask widened as an erasure widens it."""
    before, letters = truth.copy(), np.zeros(truth.shape[:2], np.uint8)
    cv2.putText(before, "SALE 50", (30, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (200, 20, 30), 5)
    cv2.putText(letters, "SALE 50", (30, 100), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 255, 5)
    if quality is not None:
        packed = cv2.imencode(".jpg", before, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        before = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)
    return before, feathered(letters, 3, 2)


def test_a_gradient_under_jpeg_is_restored_far_better_than_by_fast_marching() -> None:
    down, across = np.mgrid[:160, :240]
    truth = np.repeat((90 + 0.3 * down + 0.25 * across).astype(np.uint8)[..., None], 3, axis=2)
    before, mask = captioned(truth, quality=80)
    ours, telea = (
        inside_psnr(composite(before, model.fill(before, mask, seed=1), mask), truth, mask)
        for model in (Surroundings(), Telea())
    )
    assert ours > telea + 4


def test_a_textured_ground_is_restored_better_than_by_fast_marching() -> None:
    truth = grainy(1.8, strength=14)
    before, mask = captioned(truth)
    ours, telea = (
        inside_psnr(composite(before, model.fill(before, mask, seed=1), mask), truth, mask)
        for model in (Surroundings(), Telea())
    )
    assert ours > telea + 2


@pytest.mark.parametrize("corner", [np.s_[:20, :30], np.s_[-1:, :], np.s_[:, -4:]])
def test_holes_at_the_edge_of_the_photo_are_filled(corner: tuple[slice, slice]) -> None:
    truth = grainy(1.0)
    mask = np.zeros(truth.shape[:2], np.uint8)
    mask[corner] = 255
    before = truth.copy()
    before[corner] = (255, 0, 0)
    filled = Surroundings().fill(before, mask, seed=1)
    assert np.ptp(filled[corner].mean(axis=(0, 1))) < 12
    assert (filled[mask == 0] == before[mask == 0]).all()


@pytest.mark.parametrize("border", [np.s_[-70:], np.s_[:70]])
def test_a_banner_along_the_border_leaves_no_bar(border: slice) -> None:
    """Its fill goes on with what is next to it and fades out, instead of jumping to the mean of all."""
    truth = np.full((240, 400, 3), 245, np.uint8)
    truth[:, 20:90] = truth[:, 150:330] = (60, 40, 35)
    mask = np.zeros(truth.shape[:2], np.uint8)
    mask[border] = 255
    before = truth.copy()
    before[border] = (255, 210, 0)
    filled = Surroundings().fill(before, mask, seed=1).astype(int)
    assert np.abs(np.diff(filled, axis=0)).max() < 15
    deepest = filled[0 if border.start is None else -1]
    assert deepest[240].mean() < deepest[390].mean() - 60
