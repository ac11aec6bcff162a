"""Inputs for models of every kind."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.picture import Rgb
from models.contract import (
    Denoiser,
    Filler,
    Generator,
    Model,
    Perceptual,
    Restorer,
    TextFinder,
    Upscaler,
)
from models.subject import SubjectFinder

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "accuracy"


def photo(height: int, width: int) -> Rgb:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


def smooth(height: int, width: int) -> Rgb:
    """Slow shades, on which any step shows."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [np.sin(rows / 60), np.cos(columns / 75), np.sin((rows + columns) / 90)]
    return np.stack([127 + 100 * plane for plane in planes], axis=-1).astype(np.uint8)


def sample(height: int, width: int) -> Rgb:
    """The middle of a real photo."""
    rgb = np.asarray(cv2.imread(str(min(SAMPLES.glob("plain-*.jpg"))), cv2.IMREAD_COLOR_RGB), np.uint8)
    top, left = (rgb.shape[0] - height) // 2, (rgb.shape[1] - width) // 2
    return np.ascontiguousarray(rgb[top : top + height, left : left + width])


def hole(height: int, width: int) -> np.ndarray:
    mask = np.zeros((height, width), np.uint8)
    mask[height // 3 : height // 2 + 1, width // 4 : width // 2 + 1] = 255
    return mask


def use(model: Model, rgb: Rgb, seed: int = 3) -> list[Any]:
    """What a model of any kind makes of a picture, as arrays."""
    high, wide = rgb.shape[:2]
    if isinstance(model, TextFinder):
        return [region.quad for region in model.find(rgb, limit=640)]
    if isinstance(model, Filler):
        return [model.fill(rgb, hole(high, wide), seed=seed)]
    if isinstance(model, Upscaler):
        return [model.upscale(rgb, (wide * 3 + 1, high * 2 + 1), seed=seed)]
    if isinstance(model, Denoiser):
        return [model.denoise(rgb, seed=seed)]
    if isinstance(model, Restorer):
        return [model.restore(rgb, seed=seed)]
    if isinstance(model, Generator):
        return [model.generate((wide, high), seed=seed, start=start) for start in (None, rgb)]
    if isinstance(model, SubjectFinder):
        return [model.saliency(rgb)]
    if isinstance(model, Perceptual):
        return [np.float64(model.distance(rgb, 255 - rgb))]
    raise AssertionError(f"this suite does not know {model.task}")
