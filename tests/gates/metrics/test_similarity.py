"""Similarity measures against scikit-image and against what must be true of them."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage.metrics import structural_similarity

from gates.metrics.picture.histogram import levels_lost
from gates.metrics.similarity.gmsd import gmsd
from gates.metrics.similarity.local_error import CELL, local_error, local_errors
from gates.metrics.similarity.ssim import ms_ssim, ssim
from gates.metrics.texture.grid_step import grid_step
from gates.patch import luma
from line.picture import Rgb
from tests.harness.pictures.opencv import as_rgb, blurred, decoded


def saved(picture: Rgb, quality: int) -> Rgb:
    """A picture after one save as JPEG."""
    return decoded(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes())


def worst(cells: NDArray[np.float32]) -> tuple[int, ...]:
    """Row and column of the largest value."""
    return tuple(int(index) for index in np.unravel_index(int(cells.argmax()), cells.shape))


def test_ssim_agrees_with_scikit_image(textured: Rgb) -> None:
    one, other = luma(textured), luma(blurred(textured, 1.2))
    theirs = structural_similarity(  # type: ignore[no-untyped-call]
        one, other, data_range=255, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    assert ssim(one, other) == pytest.approx(theirs, abs=2e-5)


def test_similarities_fall_as_damage_grows(textured: Rgb) -> None:
    one = luma(textured)
    others = [luma(blurred(textured, sigma)) for sigma in (0.6, 1.2, 2.4)]
    for falling in (ssim, ms_ssim, lambda a, b: -gmsd(a, b)):
        values = [falling(one, one)] + [falling(one, other) for other in others]
        assert values == sorted(values, reverse=True)
        assert values[0] > values[-1]


def test_equal_pictures_are_perfectly_similar(textured: Rgb) -> None:
    plane = luma(textured)
    assert (ssim(plane, plane), ms_ssim(plane, plane), gmsd(plane, plane)) == pytest.approx(
        (1, 1, 0), abs=1e-5
    )


@pytest.mark.parametrize("size", [(1, 1), (8, 40), (64, 64)])
def test_multi_scale_similarity_takes_small_pictures(size: tuple[int, int]) -> None:
    plane = np.random.default_rng(1).uniform(0, 255, size).astype(np.float32)
    assert ms_ssim(plane, plane) == pytest.approx(1)


def test_a_local_error_is_found_in_its_cell_and_hides_in_texture(textured: Rgb) -> None:
    busy, calm = luma(textured), np.full(textured.shape[:2], 128, np.float32)
    result = []
    for plane in (busy, calm):
        damaged = plane.copy()
        damaged[2 * CELL : 3 * CELL, 4 * CELL : 5 * CELL] += 6
        cells = local_error(plane, damaged)
        assert worst(cells) == (2, 4)
        result.append(float(cells.max()))
    assert result[0] < result[1] == pytest.approx(6, rel=0.01)


@pytest.mark.parametrize("amount", [-0.3, 0.3])
def test_edges_that_are_all_sharper_or_softer_explain_a_change_and_blobs_do_not(
    textured: Rgb, amount: float
) -> None:
    plane = luma(textured)
    changed = plane + amount * (plane - cv2.blur(plane, (3, 3)))
    every, left = local_errors(plane, changed)
    np.testing.assert_allclose(every, local_error(plane, changed), rtol=1e-4)
    assert left.max() < 0.1 * every.max()
    blobs = changed.copy()
    blobs[2 * CELL : 3 * CELL, 4 * CELL : 5 * CELL] += np.random.default_rng(1).normal(0, 6, (CELL, CELL))
    _, left = local_errors(plane, blobs)
    assert worst(left) == (2, 4)
    assert left.max() == pytest.approx(local_error(changed, blobs).max(), rel=0.1)


@pytest.mark.parametrize("scale", [2.0, 3.0, 1.5])
def test_stairs_are_steps_on_the_grid_of_the_enlarged_pixels(textured: Rgb, scale: float) -> None:
    size = (int(textured.shape[1] * scale), int(textured.shape[0] * scale))
    stairs, smooth = (
        luma(as_rgb(cv2.resize(textured, size, interpolation=way)))
        for way in (cv2.INTER_NEAREST, cv2.INTER_CUBIC)
    )
    assert grid_step(stairs, (scale, scale)) > 2
    assert grid_step(smooth, (scale, scale)) < 0.5


def test_coarse_jpeg_steps_on_the_grid_of_its_blocks(textured: Rgb) -> None:
    blocks = luma(saved(textured, quality=8))
    assert grid_step(blocks, (8, 8)) > 1 > grid_step(luma(textured), (8, 8)) + 0.5


def test_banding_loses_levels_and_compression_does_not(textured: Rgb) -> None:
    assert levels_lost(textured, saved(textured, quality=80)) < 0.05
    assert levels_lost(textured, (textured // 16 * 16).astype(np.uint8)) > 0.5
