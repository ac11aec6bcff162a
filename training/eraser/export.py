"""Writes a trained eraser as ONNX, with torch's own exporter, and checks that onnxruntime gives the same.

python -m training.eraser.export CHECKPOINT overlay_eraser.onnx
"""

import argparse
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from safetensors.torch import save_file

from training.eraser.network import INPUTS, EraserNetwork
from training.split import sha256_of

MAX_DIFFERENCE = 2e-3
"""Largest difference of a value 0..1 between torch and onnxruntime."""


def averaged(checkpoint: Path) -> EraserNetwork:
    """The network of a checkpoint with the moving average of its weights."""
    network = EraserNetwork()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    network.eval()
    return network


def export(network: EraserNetwork, file: Path) -> None:
    """Write ``file``; input ``x`` [1, 7, H, W], output ``filled`` [1, 4, H, W].

    Raises:
        ValueError: onnxruntime gives something else than torch.
    """
    x = torch.rand(1, INPUTS, 96, 128)
    torch.onnx.export(
        network, (x,), str(file), input_names=["x"], output_names=["filled"], opset_version=18, dynamo=False,
        dynamic_axes={"x": {2: "height", 3: "width"}, "filled": {2: "height", 3: "width"}},
    )  # fmt: skip
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    other = torch.rand(1, INPUTS, 160, 192)
    with torch.no_grad():
        expected = network(other).numpy()
    difference = float(np.abs(session.run(None, {"x": other.numpy()})[0] - expected).max())
    if difference > MAX_DIFFERENCE:
        raise ValueError(f"{file}: onnxruntime differs from torch by {difference:.2g}")
    print(
        f"{file}: {file.stat().st_size / 1e6:.1f} MB, sha256 {sha256_of(file)}, largest difference {difference:.1e}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--weights", type=Path, help="safetensors to go on from, besides")
    given = parser.parse_args()
    torch.set_num_threads(1)
    trained = averaged(given.checkpoint)
    export(trained, given.file)
    if given.weights:
        # without metadata: the same weights give the same bytes each time
        save_file({name: value.contiguous() for name, value in trained.state_dict().items()}, given.weights)
