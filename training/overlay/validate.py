"""What a network finds on photos of the calibration part while it is trained; other code draws the overlays."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from bench.captions.draw import KINDS, draw
from bench.captions.emblem import emblem
from line.picture import Rgb
from training.overlay.network import STRIDE, normalized
from training.overlay.photos import sources, spread
from training.overlay.sample import WORKING_SIDE
from training.split import Part

CLEAN_ALARMED = 0.05
"""Share of photos without overlay that may alarm where recall is measured."""
ALARM_PIXELS = 24
"""A photo's score is the weakest of its so many strongest pixels of ink or panel (pixels of the maps)."""


@dataclass(frozen=True)
class Case:
    """A photo at the network's scale: with an overlay, or without (``mask`` is empty then)."""

    rgb: Rgb
    mask: NDArray[np.bool_]
    is_large: bool


def cases(count: int) -> Iterator[Case]:
    """``count`` photos without and with an overlay, large ones among them."""
    every = [source for source in sources() if source.part is Part.CALIBRATION]
    photos = [
        source
        for large in (True, False)
        for source in spread([one for one in every if one.large == large], count // 2)
    ]
    kinds = [*KINDS, "emblem"]
    for number, source in enumerate(photos):
        rgb, rng = source.rgb(), np.random.default_rng([number, 11])
        yield Case(_working(rgb), np.zeros((0, 0), bool), source.large)
        kind = kinds[number % len(kinds)]
        drawn = emblem(rgb, rng) if kind == "emblem" else draw(rgb, kind, rng)
        small = _working(drawn.rgb)
        share = cv2.resize(
            drawn.mask.astype(np.float32),
            (small.shape[1] // 2, small.shape[0] // 2),
            interpolation=cv2.INTER_AREA,
        )
        yield Case(small, share > 0.5, source.large)


def _working(rgb: Rgb) -> Rgb:
    scale = min(1.0, WORKING_SIDE / max(rgb.shape[:2]))
    high, wide = (max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in rgb.shape[:2])
    return np.asarray(cv2.resize(rgb, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)


def validate(network: torch.nn.Module, every: list[Case]) -> dict[str, float]:
    """Average precision over the pixels of drawn overlays, and of photos at a share of clean ones alarmed."""
    shares: list[NDArray[np.float32]] = []
    masks: list[NDArray[np.bool_]] = []
    scores: list[tuple[float, bool, bool]] = []
    for case in every:
        x = torch.from_numpy(normalized(case.rgb[None])).contiguous(memory_format=torch.channels_last)
        with torch.no_grad():
            share = torch.sigmoid(network(x)[0, :2]).amax(0).numpy()
        strongest = float(np.partition(share.ravel(), -ALARM_PIXELS)[-ALARM_PIXELS])
        scores.append((strongest, case.mask.size > 0, case.is_large))
        if case.mask.size:
            shares.append(share.ravel())
            masks.append(case.mask.ravel())
    clean = np.array([score for score, drawn, _ in scores if not drawn])
    limit = float(np.quantile(clean, 1 - CLEAN_ALARMED))
    large = np.array([score for score, drawn, is_large in scores if not drawn and is_large])
    return {
        "ap": float(average_precision_score(np.concatenate(masks), np.concatenate(shares))),
        "found": float(np.mean([score > limit for score, drawn, _ in scores if drawn])),
        "large_alarmed": float(np.mean(large > limit)) if len(large) else 0.0,
    }
