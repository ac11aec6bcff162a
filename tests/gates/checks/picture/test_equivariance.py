"""Inventions that shrink back to the input: the other gates pass them, and this one asks the network again."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from gates.contract import judge
from gates.edit import Edit
from gates.metrics.similarity.equivariance import equivariance_error, windows
from gates.patch import luma
from line.picture import Rgb
from models.back_projection import BackProjection
from models.spandrel import back_projected

ACCURACY = Path(__file__).resolve().parents[4] / "samples" / "accuracy"
FACTOR = 4


def perforated() -> Rgb:
    """[96, 144, 3] a surface with rows of holes, as a small photo shows them."""
    large = np.full((96 * FACTOR, 144 * FACTOR, 3), (150, 120, 90), np.uint8)
    for y in range(12, large.shape[0], 24):
        for x in range(12, large.shape[1], 24):
            cv2.circle(large, (x, y), 6, (60, 45, 35), -1, cv2.LINE_AA)
    return np.asarray(cv2.resize(large, (144, 96), interpolation=cv2.INTER_AREA))


def faithful(part: Rgb) -> Rgb:
    return BackProjection().upscale(part, (part.shape[1] * FACTOR, part.shape[0] * FACTOR), seed=0)


def grooving(part: Rgb) -> Rgb:
    """Slanted grooves where the picture has detail, then made consistent with the input."""
    return with_waves(part, 0.8, 0.6)


def ruling(part: Rgb) -> Rgb:
    """Lines along the rows, such as strokes of letters that nobody wrote, then made consistent with the input."""
    return with_waves(part, 0.0, 1.0)


def with_waves(part: Rgb, across: float, down: float) -> Rgb:
    large = faithful(part)
    plane = luma(large)
    detail = cv2.GaussianBlur(np.abs(plane - cv2.GaussianBlur(plane, (0, 0), 6)), (0, 0), 12)
    rows, columns = np.mgrid[: large.shape[0], : large.shape[1]]
    waves = np.sin((columns * across + rows * down) * 2 * np.pi / 6) * 0.6 * detail
    return back_projected(part, np.clip(large + waves[..., None], 0, 255).astype(np.uint8), 4)


def wiping(part: Rgb) -> Rgb:
    """A number wiped off a smooth surface: everything fine is gone, then made consistent with the input."""
    return back_projected(part, np.asarray(cv2.medianBlur(faithful(part), 13), np.uint8), 4)


@pytest.mark.parametrize("inventing", [grooving, ruling])
def test_what_shrinks_back_but_was_invented_is_seen_by_this_gate_alone(inventing: object) -> None:
    assert callable(inventing)
    small = perforated()
    large = inventing(small)
    assert judge(Edit("upscale", small, large)).passed
    (reason,) = judge(Edit("upscale", small, large, enlarge=inventing)).reasons
    assert reason.code == "equivariance.equivariance_error"
    left, top, width, height = reason.where or (0, 0, 0, 0)
    assert (width, height) == (64 * FACTOR, 64 * FACTOR)
    assert left + width <= large.shape[1]
    assert top + height <= large.shape[0]


def test_what_was_wiped_comes_back_as_far_as_the_small_photo_shows_it() -> None:
    small = np.full((96, 96, 3), 70, np.uint8)
    cv2.putText(small, "08252", (8, 56), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (150, 150, 150), 1, cv2.LINE_AA)
    wiped, plain = luma(wiping(small)), luma(faithful(small))
    contrast = [float(plane[140:240, 30:350].std()) for plane in (wiped, plain)]
    assert contrast[0] > 0.9 * contrast[1]


@pytest.mark.parametrize("name", ["plain-00", "plain-01", "plain-02"])
def test_a_method_that_turns_with_its_input_has_hardly_any_error(name: str) -> None:
    photo = np.asarray(cv2.imread(str(ACCURACY / f"{name}.jpg"), cv2.IMREAD_COLOR_RGB), np.uint8)[:120, :160]
    edit = Edit("upscale", photo, faithful(photo), enlarge=faithful)
    assert judge(edit).readings["equivariance_error"] < 0.05


def test_the_windows_lie_where_detail_was_added_and_never_over_each_other() -> None:
    small = np.full((200, 200), 128, np.float32)
    large = np.full((400, 400), 128, np.float32)
    large[300:340:2, 300:340] += 30
    (left, top, width, height), *others = windows(small, large)
    assert left <= 150 <= left + width
    assert top <= 150 <= top + height
    assert all(abs(left - x) >= width or abs(top - y) >= height for x, y, _, _ in others)


@pytest.mark.parametrize("shape", [(1, 1), (3, 70), (64, 64)])
def test_parts_of_any_shape_have_an_error(shape: tuple[int, int]) -> None:
    part = np.random.default_rng(1).integers(0, 256, (*shape, 3), np.uint8)
    assert equivariance_error(part, faithful) >= 0


def test_without_a_network_there_is_no_reading() -> None:
    small = perforated()
    assert "equivariance_error" not in judge(Edit("upscale", small, faithful(small))).readings
