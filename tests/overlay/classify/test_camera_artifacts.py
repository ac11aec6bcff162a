import cv2
import numpy as np
import pytest

from overlay.classify.camera_artifacts import UNMEASURED, traces
from overlay.mask.strokes import find_strokes

QUAD = np.array([[20, 24], [330, 24], [330, 66], [20, 66]], np.float32)


def lettered(*, blur: float = 0.0, noise: float = 0.0, sharpen: float = 0.0) -> np.ndarray:
    """White letters on blue, [90, 360, 3] uint8, then blurred, given noise, and sharpened as by a camera."""
    rgb = np.full((90, 360, 3), (40, 70, 120), np.uint8)
    cv2.putText(rgb, "SALE HILT", (26, 60), cv2.FONT_HERSHEY_SIMPLEX, 1.5, (250, 250, 250), 7)
    photo = rgb.astype(np.float32)
    if blur:
        photo = cv2.GaussianBlur(photo, (0, 0), blur)
    photo += np.random.default_rng(0).normal(0, noise, photo.shape) if noise else 0
    if sharpen:
        photo += sharpen * (photo - cv2.GaussianBlur(photo, (0, 0), 1.5))
    return np.clip(np.rint(photo), 0, 255).astype(np.uint8)


def measured(rgb: np.ndarray) -> dict[str, float]:
    return dict(traces(rgb, find_strokes(rgb, QUAD)))


def test_drawn_ink_is_one_colour_and_photographed_ink_is_not() -> None:
    assert measured(lettered())["ink_exact"] > 0.9
    assert measured(lettered(blur=1.2, noise=4))["ink_exact"] < 0.3


def test_drawn_edges_rise_within_a_pixel_and_a_lens_spreads_them() -> None:
    drawn, taken = measured(lettered()), measured(lettered(blur=1.5))
    assert taken["step_full"] < 0.05 < 0.4 < drawn["step_full"]
    assert taken["step_middle"] < 0.5 < drawn["step_middle"]


def test_noise_in_the_ink_is_read_in_levels() -> None:
    assert measured(lettered(noise=5))["ink_noise"] == pytest.approx(5 / np.sqrt(3), rel=0.45)
    assert measured(lettered())["ink_noise"] < 0.5


def test_sharpening_leaves_a_halo_around_photographed_letters() -> None:
    assert measured(lettered(blur=1.2, sharpen=1.5))["halo"] > measured(lettered())["halo"] + 0.05


def test_without_letters_nothing_is_measured() -> None:
    plain = measured(np.full((90, 360, 3), 128, np.uint8))
    assert plain["ink_exact"] == plain["halo"] == plain["step_middle"] == UNMEASURED
