"""Weights of ncnn, written here as ncnn writes them."""

import struct
from typing import Any

import numpy as np
import pytest

from models.weights import ncnn

GRAPH = """7767517
4 4
Input input.1 0 1 data
MemoryData means 0 1 means 0=1 1=1 2=3
Convolution /first/Conv 1 1 data a 0=2 1=3 4=1 5=1 6=54
Convolution /last/Conv 1 1 a b 0=1 1=1 5=0 6=2
"""


def half(kernel: np.ndarray) -> bytes:
    raw = kernel.astype("<f2").tobytes()
    return struct.pack("<I", 0x01306B47) + raw + bytes(-len(raw) % 4)


def whole(kernel: np.ndarray) -> bytes:
    return struct.pack("<I", 0) + kernel.astype("<f4").tobytes()


@pytest.fixture
def kernels() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    return rng.normal(size=(2, 3, 3, 3)), rng.normal(size=2), rng.normal(size=(1, 2, 1, 1))


@pytest.fixture
def weights(kernels: tuple[np.ndarray, ...]) -> bytes:
    first, bias, last = kernels
    return bytes(12) + half(first) + bias.astype("<f4").tobytes() + whole(last)


def test_kernels_and_biases_are_read_in_their_order_and_number_format(
    kernels: tuple[np.ndarray, ...], weights: bytes
) -> None:
    first, last = ncnn.convolutions(GRAPH.encode(), weights)
    assert (first.name, last.name) == ("/first/Conv", "/last/Conv")
    assert np.array_equal(first.weight, kernels[0].astype(np.float16))
    assert np.array_equal(first.bias, kernels[1].astype(np.float32))
    assert np.array_equal(last.weight, kernels[2].astype(np.float32))
    assert not last.bias.any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda graph, weights: (graph, weights + bytes(4)), "hold"),
        (lambda graph, weights: (graph, weights[:-4]), "/last/Conv"),
        (lambda graph, weights: (graph, weights[:12] + b"\1\2\3\4" + weights[16:]), "number format"),
        (lambda graph, weights: (graph.replace("MemoryData", "Rnn"), weights), "unknown kind Rnn"),
        (lambda graph, weights: ("graph" + graph, weights), "not a network of ncnn"),
    ],
)
def test_a_file_that_does_not_fit_its_graph_is_refused(change: Any, message: str, weights: bytes) -> None:
    graph, data = change(GRAPH, weights)
    with pytest.raises(ValueError, match=message):
        ncnn.convolutions(graph.encode(), data)
