"""Metrics of pairs of pictures: of each pair, on average, and of the worst pair."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from gates.metrics.picture.colour_cast import colour_cast
from gates.metrics.similarity.gmsd import gmsd
from gates.metrics.similarity.mdsi import mdsi
from gates.metrics.similarity.psnr import psnr
from gates.metrics.similarity.ssim import ms_ssim, ssim
from gates.patch import luma
from line.picture import Rgb

Perceptual: TypeAlias = Callable[[Rgb, Rgb], float]
"""A learned distance such as LPIPS: 0 for equal pictures, greater for different ones."""

HIGHER_IS_BETTER = frozenset({"psnr", "ssim", "ms_ssim"})


@dataclass(frozen=True, slots=True)
class Comparison:
    """Metrics of two sets of pictures.

    Attributes:
        images: metrics of each pair, by name.
        average: mean of each metric.
        worst: name and value of the worst pair for each metric.
    """

    images: Mapping[str, Mapping[str, float]]
    average: Mapping[str, float]
    worst: Mapping[str, tuple[str, float]]


def compare_pair(one: Rgb, other: Rgb, perceptual: Perceptual | None = None) -> dict[str, float]:
    """Metrics of two [H, W, 3] uint8 pictures; the second is resampled to the size of the first.

    ``psnr`` (dB, RGB), ``ssim``, ``ms_ssim`` and ``gmsd`` (luma), ``mdsi``, ``ciede2000`` (mean over a coarse
    grid), ``scale`` (width of the second over that of the first), and ``lpips`` if ``perceptual`` is given.
    """
    size = (one.shape[1], one.shape[0])
    scale = other.shape[1] / one.shape[1]
    if one.shape != other.shape:
        interpolation = cv2.INTER_AREA if scale > 1 else cv2.INTER_CUBIC
        other = cast(Rgb, cv2.resize(other, size, interpolation=interpolation))
    first, second = luma(one), luma(other)
    metrics = {
        "psnr": psnr(one, other),
        "ssim": ssim(first, second),
        "ms_ssim": ms_ssim(first, second),
        "gmsd": gmsd(first, second),
        "mdsi": mdsi(one, other),
        "ciede2000": colour_cast(one, other).shift,
        "scale": scale,
    }
    if perceptual is not None:
        metrics["lpips"] = float(perceptual(one, other))
    return metrics


def compare(pairs: Iterable[tuple[str, Rgb, Rgb]], perceptual: Perceptual | None = None) -> Comparison:
    """Compare all pairs (name, one, other); only one pair is in memory at a time."""
    images = {name: compare_pair(one, other, perceptual) for name, one, other in pairs}
    metrics = [metric for metric in next(iter(images.values()), {}) if metric != "scale"]
    average = {metric: float(np.mean([values[metric] for values in images.values()])) for metric in metrics}
    worst = {}
    for metric in metrics:
        choose = min if metric in HIGHER_IS_BETTER else max
        name = choose(images, key=lambda image, metric=metric: images[image][metric])  # type: ignore[misc]
        worst[metric] = (name, images[name][metric])
    return Comparison(images, average, worst)
