"""Overlay segmenters in ONNX: read as weights of a name, and used by the step that finds overlays."""

import hashlib
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from line.errors import ModelError
from line.picture import Flagged, Picture
from models.contract import OverlaySegmenter, Task
from models.segmentation import OnnxSegmenter, model_of
from models.weights.manifest import Weights
from tasks.find_text import find_text


def written(file: Path, channels: int = 4) -> Path:
    """A network that takes saturated red for ink: one convolution over the normalised photo, and a sigmoid."""
    weight = np.zeros((channels, 3, 2, 2), np.float32)
    weight[-1] = 3.0
    weight[0] = 0
    weight[0, 2], weight[0, 1] = 6.0, -6.0
    bias = np.full(channels, -12.0, np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["x", "w", "b"], ["y"], strides=[2, 2]),
            helper.make_node("Sigmoid", ["y"], ["maps"]),
        ],
        "red",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 3, "h", "w"])],
        [helper.make_tensor_value_info("maps", TensorProto.FLOAT, [1, channels, "h2", "w2"])],
        [
            helper.make_tensor("w", TensorProto.FLOAT, weight.shape, weight.ravel()),
            helper.make_tensor("b", TensorProto.FLOAT, bias.shape, bias),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    onnx.save(model, file)
    return file


@pytest.fixture
def segmenter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OnnxSegmenter:
    file = written(tmp_path / "red.onnx")
    return opened(file, monkeypatch)


def opened(file: Path, monkeypatch: pytest.MonkeyPatch) -> OnnxSegmenter:
    """The model that a worker makes of a registered file."""
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    weights = Weights(
        name="red", task=Task.FIND_TEXT, reader="segmentation", licence="MIT", source="test", revision="1",
        files=[{"path": file.name, "sha256": digest}],
    )  # fmt: skip
    monkeypatch.setattr("models.inference.network.weights.paths", lambda _: [file])
    monkeypatch.setattr("models.inference.network.weights.missing", lambda _: None)
    model = model_of(weights)()
    assert isinstance(model, OnnxSegmenter)
    model.load()
    return model


def red_bar(size: tuple[int, int] = (60, 100)) -> np.ndarray:
    """Grey, with a red bar."""
    rgb = np.full((*size, 3), 128, np.uint8)
    rgb[20:30, 10:80] = (255, 0, 0)
    return rgb


def test_the_maps_say_where_the_ink_is_at_half_the_scale(segmenter: OnnxSegmenter) -> None:
    maps = segmenter.segment(red_bar(), limit=640)
    assert maps.ink.shape == (30, 50)
    assert maps.scale == 0.5
    assert maps.ink[10:15, 5:40].min() > 0.9
    assert maps.ink[:9].max() < 0.1


def test_large_photos_are_seen_at_the_limit_and_their_maps_cover_all_of_them(
    segmenter: OnnxSegmenter,
) -> None:
    rgb = np.repeat(np.repeat(red_bar(), 5, axis=0), 5, axis=1)
    maps = segmenter.segment(rgb, limit=100)
    assert maps.ink.shape == (30, 50)
    assert maps.scale == pytest.approx(0.1)
    assert maps.ink[11:14, 6:39].min() > 0.9


def test_regions_of_text_are_told_in_pixels_of_the_photo(segmenter: OnnxSegmenter) -> None:
    (region,) = segmenter.find(red_bar(), limit=640)
    assert np.abs(region.quad.min(axis=0) - (10, 20)).max() <= 8
    assert np.abs(region.quad.max(axis=0) - (80, 30)).max() <= 8


def test_find_text_takes_it_where_a_recipe_names_it(segmenter: OnnxSegmenter) -> None:
    assert isinstance(segmenter, OverlaySegmenter)
    (outcome,) = find_text.function([Picture("a.jpg", red_bar())], segmenter, erase="person")
    assert isinstance(outcome, Flagged)
    assert outcome.picture is not None
    assert outcome.picture.mask is not None
    assert (outcome.picture.mask[20:30, 10:80] > 0).mean() > 0.9


def test_another_network_is_refused_when_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match="four maps"):
        opened(written(tmp_path / "other.onnx", channels=2), monkeypatch)


def test_weights_for_another_task_are_refused(tmp_path: Path) -> None:
    weights = Weights(
        name="red", task=Task.FILL, reader="segmentation", licence="MIT", source="test", revision="1",
        files=[{"path": "red.onnx", "sha256": ""}],
    )  # fmt: skip
    with pytest.raises(ModelError, match="find_text"):
        model_of(weights)
