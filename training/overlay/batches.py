"""Batches of crops from a pool of samples on disk."""

import zipfile
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from training.overlay.network import normalized
from training.overlay.pool import LABEL_SCALE

CENTRED_SHARE = 0.5
"""Share of the crops that are laid round a pixel with an overlay or print, where there is one."""
IGNORED = 6
"""Index of the label that says where nothing is known."""


def batch(pool: list[Path], count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """[count, 3, side, side] float32 for the network, and labels [count, 7, side / 2, side / 2] float32 0..1."""
    pictures: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    while len(pictures) < count:
        try:
            with np.load(pool[rng.integers(len(pool))]) as stored:
                rgb, planes = stored["rgb"], stored["labels"]
        except (OSError, zipfile.BadZipFile, KeyError):
            continue
        rgb, planes = _cropped(rgb, planes, side, rng)
        pictures.append(rgb)
        labels.append(planes)
    x = torch.from_numpy(normalized(np.stack(pictures)))
    y = torch.from_numpy(np.stack(labels)).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last), y


def _cropped(
    rgb: np.ndarray, planes: np.ndarray, side: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    down, right = (max(0, side - length) for length in rgb.shape[:2])
    if down or right:
        rgb = cv2.copyMakeBorder(rgb, 0, down, 0, right, cv2.BORDER_REPLICATE)
        padded = np.zeros(
            (rgb.shape[0] // LABEL_SCALE, rgb.shape[1] // LABEL_SCALE, planes.shape[2]), np.uint8
        )
        padded[..., IGNORED] = 255
        padded[: planes.shape[0], : planes.shape[1]] = planes
        planes = padded
    half = side // LABEL_SCALE
    free = (planes.shape[0] - half, planes.shape[1] - half)
    top, left = (int(rng.integers(0, length + 1)) for length in free)
    drawn = np.argwhere(planes[::4, ::4, [0, 1, 2, 5]].max(axis=-1) > 60)
    if len(drawn) and rng.random() < CENTRED_SHARE:
        middle = drawn[rng.integers(len(drawn))] * 4
        top, left = (
            int(np.clip(at - rng.integers(half // 4, 3 * half // 4), 0, length))
            for at, length in zip(middle, free, strict=True)
        )
    return (
        rgb[top * LABEL_SCALE : (top + half) * LABEL_SCALE, left * LABEL_SCALE : (left + half) * LABEL_SCALE],
        planes[top : top + half, left : left + half],
    )
