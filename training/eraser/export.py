"""Writes a trained eraser as ONNX, with torch's own exporter, and checks that onnxruntime gives the same.

python -m training.eraser.export CHECKPOINT overlay_eraser.onnx
"""

import argparse
from pathlib import Path

import torch

from training.eraser.network import INPUTS, EraserNetwork
from training.onnx_export import write_onnx, write_weights


def averaged(checkpoint: Path) -> EraserNetwork:
    """The network of a checkpoint with the moving average of its weights."""
    network = EraserNetwork()
    network.load_state_dict(torch.load(checkpoint, weights_only=True)["average"])
    network.eval()
    return network


def export(network: EraserNetwork, file: Path) -> None:
    """Write ``file``; input ``x`` [1, 7, H, W], output ``filled`` [1, 5, H, W].

    Raises:
        ValueError: onnxruntime gives something else than torch.
    """
    axes = {"x": {2: "height", 3: "width"}, "filled": {2: "height", 3: "width"}}
    write_onnx(network, file, torch.rand(1, INPUTS, 96, 128), torch.rand(1, INPUTS, 160, 192), axes)


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
        write_weights(trained, given.weights)
