"""Perceptual measures against piq, an independent implementation; skipped where it is not installed."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from gates.metrics.similarity.gmsd import gmsd
from gates.metrics.similarity.mdsi import mdsi
from gates.metrics.similarity.ssim import ms_ssim, ssim
from gates.patch import luma
from line.picture import Rgb
from tests.harness.pictures.opencv import as_rgb, blurred

piq = pytest.importorskip("piq")
torch = pytest.importorskip("torch")

DAMAGES: dict[str, Callable[[Rgb], Rgb]] = {
    "blurred": lambda rgb: blurred(rgb, 1.5),
    "noisy": lambda rgb: np.clip(rgb + np.random.default_rng(1).normal(0, 12, rgb.shape), 0, 255).astype(
        np.uint8
    ),
    "paler": lambda rgb: (rgb * 0.8 + 25).astype(np.uint8),
}
SIZE = 2
"""The drawn picture is enlarged so often: at borders the implementations pad differently."""


@pytest.fixture(params=sorted(DAMAGES))
def pair(request: pytest.FixtureRequest, textured: Rgb) -> tuple[Rgb, Rgb]:
    large = as_rgb(cv2.resize(textured, None, fx=SIZE, fy=SIZE, interpolation=cv2.INTER_CUBIC))
    return large, DAMAGES[request.param](large)


def grey(rgb: Rgb):  # type: ignore[no-untyped-def]
    return torch.from_numpy(luma(rgb))[None, None] / 255


def colour(rgb: Rgb):  # type: ignore[no-untyped-def]
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))[None].float() / 255


def test_ssim_agrees(pair: tuple[Rgb, Rgb]) -> None:
    theirs = piq.ssim(*map(grey, pair), data_range=1.0, downsample=False)
    assert ssim(*map(luma, pair)) == pytest.approx(float(theirs), abs=3e-4)


def test_multi_scale_ssim_agrees(pair: tuple[Rgb, Rgb]) -> None:
    theirs = piq.multi_scale_ssim(*map(grey, pair), data_range=1.0)
    assert ms_ssim(*map(luma, pair)) == pytest.approx(float(theirs), abs=3e-4)


def test_gmsd_agrees(pair: tuple[Rgb, Rgb]) -> None:
    theirs = piq.gmsd(*map(grey, pair), data_range=1.0)
    assert gmsd(*map(luma, pair)) == pytest.approx(float(theirs), abs=1e-3)


def test_mdsi_agrees(pair: tuple[Rgb, Rgb]) -> None:
    one, other = map(colour, pair)
    theirs = piq.mdsi(other, one, data_range=1.0)  # the damaged one first
    assert mdsi(*pair) == pytest.approx(float(theirs), abs=1e-4)
