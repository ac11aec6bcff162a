"""Writes torch networks as ONNX, with torch's own exporter, and checks that onnxruntime gives the same."""

from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file
from torch import Tensor

from training.split import sha256_of

MAX_DIFFERENCE = 2e-3
"""Largest difference of an output 0..1 between torch and onnxruntime."""


def write_onnx(
    network: Any, file: Path, example: Tensor, other: Tensor, axes: dict[str, dict[int, str]]
) -> None:
    """Write ``file`` with the input ``x`` and one output.

    Args:
        network: the torch module, in evaluation mode.
        example: [1, C, H, W] float32 that is traced.
        other: the same of another size, on which both are compared.
        axes: of input and output, in this order, the dimensions that may vary, each with its name.

    Raises:
        ValueError: onnxruntime gives something else than torch.
    """
    source, output = axes
    torch.onnx.export(
        network, (example,), str(file), input_names=[source], output_names=[output], opset_version=18,
        dynamo=False, dynamic_axes=axes,
    )  # fmt: skip
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    with torch.no_grad():
        expected = network(other).numpy()
    difference = float(np.abs(session.run(None, {source: other.numpy()})[0] - expected).max())
    if difference > MAX_DIFFERENCE:
        raise ValueError(f"{file}: onnxruntime differs from torch by {difference:.2g}")
    print(
        f"{file}: {file.stat().st_size / 1e6:.1f} MB, sha256 {sha256_of(file)}, largest difference {difference:.1e}"
    )


def write_weights(network: Any, file: Path) -> None:
    """Write the weights as safetensors, without metadata: the same weights give the same bytes each time."""
    save_file({name: value.contiguous() for name, value in network.state_dict().items()}, file)
