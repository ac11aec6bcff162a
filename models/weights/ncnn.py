"""Weights of ncnn: a ``.param`` file lists the layers, a ``.bin`` file holds their numbers in the same order.

https://github.com/Tencent/ncnn/wiki/param-and-model-file-structure
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_MAGIC: Final = "7767517"
_FLOAT16: Final = 0x01306B47
_FLOAT32: Final = 0
_OUTPUTS, _KERNEL, _HAS_BIAS, _WEIGHTS = "0", "1", "5", "6"
"""Parameters of a convolution."""
_WITHOUT_NUMBERS: Final = frozenset(
    {"Input", "Split", "BinaryOp", "Swish", "Sigmoid", "Concat", "PixelShuffle", "Interp"}
)
_ALIGNMENT: Final = 4


@dataclass(frozen=True, slots=True, eq=False)
class Convolution:
    """One convolution.

    Attributes:
        weight: [outputs, inputs, k, k], float16 or float32 as stored.
        bias: [outputs] float32.
    """

    name: str
    weight: NDArray[Any]
    bias: NDArray[np.float32]


def convolutions(graph: bytes, weights: bytes) -> list[Convolution]:
    """The convolutions of a network, in order.

    Args:
        graph: content of the ``.param`` file.
        weights: content of the ``.bin`` file.

    Raises:
        ValueError: a layer is of an unknown kind, or bytes are missing or left over.
    """
    layers = []
    at = 0
    for kind, name, parameters in _layers(graph):
        if kind == "MemoryData":
            at += 4 * _count(parameters)
        elif kind == "Convolution":
            layer, at = _convolution(name, parameters, weights, at)
            layers.append(layer)
        elif kind not in _WITHOUT_NUMBERS:
            raise ValueError(f"the layer {name} is of the unknown kind {kind}")
    if at != len(weights):
        raise ValueError(f"its layers hold {at:,} bytes, and the file {len(weights):,}")
    return layers


def _layers(graph: bytes) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Kind, name and parameters of each layer."""
    lines = graph.decode("ascii").split("\n")
    if lines[0].strip() != _MAGIC:
        raise ValueError("it is not a network of ncnn")
    for line in filter(str.strip, lines[2:]):
        kind, name, inputs, outputs, *rest = line.split()
        yield kind, name, dict(entry.split("=", 1) for entry in rest[int(inputs) + int(outputs) :])


def _count(parameters: dict[str, str]) -> int:
    count = 1
    for axis in ("0", "1", "2"):
        count *= max(1, int(parameters.get(axis, 0)))
    return count


def _convolution(name: str, parameters: dict[str, str], weights: bytes, at: int) -> tuple[Convolution, int]:
    outputs, kernel, count = (int(parameters[key]) for key in (_OUTPUTS, _KERNEL, _WEIGHTS))
    tag = struct.unpack_from("<I", weights, at)[0] if at + 4 <= len(weights) else None
    if tag not in (_FLOAT16, _FLOAT32):
        raise ValueError(f"the layer {name} is stored in an unknown number format")
    number = np.dtype("<f2" if tag == _FLOAT16 else "<f4")
    at += 4
    end = at + count * number.itemsize
    bias_at = end + -end % _ALIGNMENT
    bias_end = bias_at + (4 * outputs if parameters.get(_HAS_BIAS) == "1" else 0)
    if bias_end > len(weights) or count % (outputs * kernel * kernel):
        raise ValueError(f"the layer {name} does not fit into the file")
    weight = np.frombuffer(weights, number, count, at).reshape(outputs, -1, kernel, kernel)
    bias = np.frombuffer(weights[bias_at:bias_end], "<f4")
    return Convolution(name, weight, bias if len(bias) else np.zeros(outputs, np.float32)), bias_end
