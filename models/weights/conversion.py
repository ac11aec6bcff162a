"""Conversions of weights from the formats of packages; the same input gives the same bytes."""

import io
import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from line.errors import ModelError
from models.weights import ncnn

Tensors: TypeAlias = Mapping[str, NDArray[Any]]

_ALLOWED: Final = frozenset(
    {
        ("numpy.core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
    }
)
"""The callables that a pickle of arrays needs; every other one is refused."""
_SPAN_GAIN: Final = 2
"""Width of the inner channels of SPAN's Conv3XC relative to its outer ones."""
_BACKBONES: Final = {
    "AlexNet_0": (0, 3, 6, 8, 10),
    "VGG16_0": (0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
}
"""Numbers of the convolutions in torchvision's ``features``, by the network's name in Flax."""


def span_from_ncnn(contents: Sequence[bytes]) -> bytes:
    """SPAN (arXiv:2311.12770) as spandrel reads it, from ncnn's ``.param`` and ``.bin``.

    ncnn holds each Conv3XC as one fused 3 x 3 convolution. spandrel multiplies its parts together at every run; the
    fused kernel between two identities, with a skip of zeros, multiplies out to itself.

    Raises:
        ValueError: the files hold another network.
    """
    graph, weights = contents
    tensors: dict[str, NDArray[Any]] = {}
    for layer in ncnn.convolutions(graph, weights):
        parts = layer.name.strip("/").removesuffix("/Conv").split("/")
        if parts[-1] == "eval_conv":
            tensors |= _conv3xc(".".join(parts[:-1]), layer)
        else:
            tensors[f"{parts[-1]}.weight"], tensors[f"{parts[-1]}.bias"] = layer.weight, layer.bias
    if not {"conv_1.eval_conv.weight", "conv_cat.weight", "upsampler.0.weight"} <= tensors.keys():
        raise ValueError("it is not SPAN")
    return _safetensors(tensors)


def _conv3xc(prefix: str, layer: ncnn.Convolution) -> dict[str, NDArray[Any]]:
    outer, inner, _, _ = layer.weight.shape
    half = layer.weight.dtype
    wide_out, wide_in = _SPAN_GAIN * outer, _SPAN_GAIN * inner
    middle = np.zeros((wide_out, wide_in, 3, 3), half)
    middle[:outer, :inner] = layer.weight
    return {
        f"{prefix}.conv.0.weight": np.eye(wide_in, inner, dtype=half)[..., None, None],
        f"{prefix}.conv.0.bias": np.zeros(wide_in, half),
        f"{prefix}.conv.1.weight": middle,
        f"{prefix}.conv.1.bias": np.zeros(wide_out, half),
        f"{prefix}.conv.2.weight": np.eye(outer, wide_out, dtype=half)[..., None, None],
        f"{prefix}.conv.2.bias": layer.bias,
        f"{prefix}.eval_conv.weight": layer.weight,
        f"{prefix}.eval_conv.bias": layer.bias,
        f"{prefix}.sk.weight": np.zeros((outer, inner, 1, 1), half),
        f"{prefix}.sk.bias": np.zeros(outer, half),
    }


def backbone_from_flax(contents: Sequence[bytes]) -> bytes:
    """The convolutions of AlexNet or VGG16 under torchvision's names, from a pickle of Flax parameters.

    Raises:
        ValueError: the pickle holds another network.
    """
    (data,) = contents
    parameters = arrays_of(data)
    for name, numbers in _BACKBONES.items():
        layers = parameters.get(name) if isinstance(parameters, Mapping) else None
        if layers is None:
            continue
        if set(layers) != {f"Conv_{index}" for index in range(len(numbers))}:
            raise ValueError(f"its {name} has other layers")
        tensors: dict[str, NDArray[Any]] = {}
        for index, number in enumerate(numbers):
            layer = layers[f"Conv_{index}"]
            tensors[f"features.{number}.weight"] = layer["kernel"].transpose(3, 2, 0, 1)  # from HWIO to OIHW
            tensors[f"features.{number}.bias"] = layer["bias"]
        return _safetensors(tensors)
    raise ValueError("it is neither AlexNet nor VGG16")


def arrays_of(data: bytes) -> Any:
    """The numpy arrays of a pickle, in whatever containers hold them.

    Raises:
        ValueError: the pickle is damaged, or asks for anything but arrays.
    """
    try:
        return _ArrayUnpickler(io.BytesIO(data)).load()
    except (pickle.UnpicklingError, EOFError, AttributeError, TypeError, MemoryError) as error:
        raise ValueError(f"its pickle cannot be read: {error}") from error


class _ArrayUnpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}; only numpy's arrays are allowed")
        return super().find_class(module, name)


def _safetensors(tensors: Tensors) -> bytes:
    try:
        from safetensors.numpy import save
    except ImportError:
        raise ModelError(
            "safetensors is not installed: make install-gpu (or pip install 'sluice[gpu]')"
        ) from None
    # without metadata: with more than one key their order differs from run to run
    return bytes(save({name: np.ascontiguousarray(tensor) for name, tensor in tensors.items()}))


CONVERSIONS: Final[Mapping[str, Callable[[Sequence[bytes]], bytes]]] = {
    "span_from_ncnn": span_from_ncnn,
    "backbone_from_flax": backbone_from_flax,
}
"""Conversions by the name that the catalogue uses: contents of the package's files in, contents of the file out."""
