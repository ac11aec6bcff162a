"""Enlargers that spandrel reads: several factors in one model, back projection, and the real SPAN."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from line.errors import ModelError
from line.picture import Rgb
from models.contract import build
from models.weights import manifest
from models.weights.download import pull
from tests.harness.context import weights_folder
from tests.harness.line import environment
from tests.models import networks

SHARED = Path(__file__).resolve().parents[3] / "shared" / "weights"


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with environment({"SLUICE_HOME": str(tmp_path_factory.mktemp("library"))}):
        yield


def smooth(height: int, width: int) -> Rgb:
    """Slow shades."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    planes = [np.sin(rows / 9), np.cos(columns / 11), np.sin((rows + columns) / 13)]
    return np.stack([127 + 100 * plane for plane in planes], axis=-1).astype(np.uint8)


@pytest.fixture(scope="module")
def enlarger() -> Any:
    """An upscaler of two factors with one round of back projection."""
    networks.need_torch()
    folder = weights_folder() / "two_factors"
    paths = [networks.save(folder / f"x{scale}.safetensors", networks.span_state(scale)) for scale in (2, 4)]
    model = networks.put_all(paths, "two_factors", "upscale", generative=False, back_projection=1)
    loaded = build(weights_folder()).models[model.name]()
    loaded.load()
    return loaded


@pytest.mark.parametrize(("side", "scale"), [(50, 2), (64, 2), (65, 4), (128, 4), (200, 4)])
def test_the_smallest_network_that_reaches_the_size_is_used(enlarger: Any, side: int, scale: int) -> None:
    assert enlarger.upscale(smooth(32, 32), (side, side), seed=1).shape == (side, side, 3)
    assert enlarger.factor == (scale if side <= 128 else 2), "what is left after the first pass needs less"


def test_back_projection_brings_an_enlargement_closer_to_what_was_enlarged(enlarger: Any) -> None:
    photo_rgb = smooth(40, 32)
    distances = []
    for rounds in (0, 1):
        enlarger.rounds = rounds
        large = enlarger.upscale(photo_rgb, (64, 80), seed=1)
        small = cv2.resize(large, (32, 40), interpolation=cv2.INTER_AREA)
        distances.append(float(np.abs(small.astype(float) - photo_rgb).mean()))
    assert distances[1] < 0.5 * distances[0]


def test_back_projection_is_refused_behind_a_network_that_invents() -> None:
    networks.need_torch()
    folder = weights_folder() / "inventing"
    path = networks.save(folder / "x2.safetensors", networks.span_state(2))
    networks.put_all([path], "inventing", "upscale", generative=True, back_projection=1)
    with pytest.raises(ModelError, match="only for networks with generative = false"):
        build(weights_folder()).models["inventing"]().load()


@pytest.fixture(scope="module")
def span() -> Any:
    """The real SPAN, pulled from the folder of weights beside the project."""
    networks.need_torch()
    if not SHARED.is_dir():
        pytest.skip("no weights beside the project")
    wanted = manifest.catalog()["span"].model_copy(update={"root": weights_folder()})
    pull(wanted, mirror=SHARED)
    loaded = build(weights_folder()).models["span"]()
    loaded.load()
    return loaded


def shapes(side: int) -> Rgb:
    """[side, side, 3]: edges at all angles and thin lines, smooth enough to be sampled."""
    large = np.full((8 * side, 8 * side, 3), 235, np.uint8)
    for index, angle in enumerate(range(0, 180, 20)):
        middle = (2 * side + (index % 3) * 2 * side, 2 * side + (index // 3) * 2 * side)
        cv2.ellipse(
            large, middle, (side, side // 3), angle, 0, 360, (40 + 20 * index, 90, 200 - 15 * index), -1
        )
        cv2.ellipse(large, middle, (side, side // 3), angle, 0, 360, (20, 20, 20), side // 8)
    return np.asarray(cv2.resize(large, (side, side), interpolation=cv2.INTER_AREA))


@pytest.mark.parametrize("factor", [2, 4])
def test_the_real_span_is_closer_to_the_truth_than_the_default(span: Any, factor: int) -> None:
    truth = shapes(128)
    small = cv2.resize(truth, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    default: Any = build().models["lanczos"]()
    errors = [
        float(np.square(model.upscale(small, (128, 128), seed=1).astype(float) - truth).mean())
        for model in (span, default)
    ]
    assert span.factor == factor
    assert errors[0] < errors[1]


def test_the_real_span_gives_the_same_bytes_again_and_nearly_the_same_in_tiles(span: Any) -> None:
    small = shapes(96)
    whole, again = (span.upscale(small, (192, 192), seed=1) for _ in range(2))
    assert np.array_equal(whole, again)
    span.tile = 64
    try:
        tiled = span.upscale(small, (192, 192), seed=1)
    finally:
        span.tile = None
    assert np.abs(tiled.astype(int) - whole).max() <= span.tolerance


def test_what_span_enlarges_is_marked_as_enhanced_and_not_as_generated(span: Any) -> None:
    assert span.source_type == "algorithmicallyEnhanced"
