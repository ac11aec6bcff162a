from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from models.inference.onnx import session


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Doubles by adding, then squares; only the square is an output."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "x"], ["double"]), helper.make_node("Mul", ["double", "double"], ["square"])],
        "tiny",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("square", TensorProto.FLOAT, ["n"])],
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path = tmp_path / "tiny.onnx"
    onnx.save(model, path)
    return path


def test_a_value_within_a_network_can_be_had_as_an_output(network: Path) -> None:
    x = np.array([1.0, 3.0], np.float32)
    square, double = session(network, also=["double"]).run(None, {"x": x})
    assert square.tolist() == [4.0, 36.0]
    assert double.tolist() == [2.0, 6.0]


def test_without_being_asked_for_it_stays_within(network: Path) -> None:
    assert [output.name for output in session(network).get_outputs()] == ["square"]


def test_a_long_name_is_told_as_well(tmp_path: Path) -> None:
    name = "value/" + "long." * 60
    graph = helper.make_graph(
        [helper.make_node("Neg", ["x"], [name]), helper.make_node("Neg", [name], ["y"])],
        "long",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
    )
    path = tmp_path / "long.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    y, within = session(path, also=[name]).run(None, {"x": np.ones(1, np.float32)})
    assert (y.tolist(), within.tolist()) == ([1.0], [-1.0])
