"""Folders compared."""

import cv2
import numpy as np
import pytest

from line.picture import Rgb
from review.tools.compare import compare, compare_pair


def test_equal_pictures_are_perfect_in_every_metric(textured: Rgb) -> None:
    result = compare_pair(textured, textured)
    expected = {"psnr": 100, "ssim": 1, "ms_ssim": 1, "gmsd": 0, "mdsi": 0, "ciede2000": 0, "scale": 1}
    assert result == pytest.approx(expected, abs=1e-5)


def test_the_worst_pair_of_each_metric_is_named(textured: Rgb) -> None:
    blurred = np.asarray(cv2.GaussianBlur(textured, (0, 0), 2), np.uint8)
    dark = (textured * 0.8).astype(np.uint8)
    result = compare([("same", textured, textured), ("blurred", textured, blurred), ("dark", textured, dark)])
    assert result.worst["gmsd"][0] == "blurred"
    assert result.worst["ciede2000"][0] == "dark"
    assert result.average["psnr"] == pytest.approx(np.mean([each["psnr"] for each in result.images.values()]))


def test_another_size_is_brought_to_the_firsts_and_said(textured: Rgb) -> None:
    size = (textured.shape[1] * 2, textured.shape[0] * 2)
    large = np.asarray(cv2.resize(textured, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    result = compare_pair(textured, large)
    assert result["scale"] == 2
    assert result["psnr"] > 30


def test_a_perceptual_distance_stands_beside_the_others(textured: Rgb) -> None:
    result = compare([("a", textured, textured)], perceptual=lambda one, other: 0.25)
    assert result.average["lpips"] == 0.25


def test_nothing_to_compare_gives_nothing() -> None:
    result = compare([])
    assert (result.images, result.average, result.worst) == ({}, {}, {})
