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


def test_a_network_gives_its_outputs(network: Path) -> None:
    x = np.array([1.0, 3.0], np.float32)
    (square,) = session(network).run(None, {"x": x})
    assert square.tolist() == [4.0, 36.0]


def test_one_thread_runs_it(network: Path) -> None:
    options = session(network).get_session_options()
    assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
