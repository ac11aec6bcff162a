"""Writes a trained network as ONNX, with torch's own exporter, and checks that onnxruntime gives the same.

python -m training.overlay.export CHECKPOINT overlay.onnx --detector PP-OCRv6_tiny_det.onnx
"""

import argparse
from pathlib import Path

import torch

from training.onnx_export import write_onnx, write_weights
from training.overlay.network import OverlayNetwork, Probabilities


def averaged(checkpoint: Path, detector: Path) -> OverlayNetwork:
    """The network of a checkpoint with the moving average of its weights."""
    stored = torch.load(checkpoint, weights_only=True)
    network = OverlayNetwork(detector)
    network.load_state_dict(stored["network"])
    new = [one for name, one in network.named_parameters() if not name.startswith("detector.")]
    parameters = [*network.detector.parameters(), *new]
    with torch.no_grad():
        for parameter, average in zip(parameters, stored["optimiser"]["average"], strict=True):
            parameter.copy_(average)
    network.eval()
    return network


def export(network: OverlayNetwork, file: Path) -> None:
    """Write ``file``; input ``x`` [1, 3, H, W], output ``maps`` [1, 4, H / 2, W / 2].

    Raises:
        ValueError: onnxruntime gives something else than torch.
    """
    axes = {"x": {2: "height", 3: "width"}, "maps": {2: "height2", 3: "width2"}}
    write_onnx(
        Probabilities(network).eval(), file, torch.randn(1, 3, 320, 416), torch.randn(1, 3, 480, 640), axes
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file", type=Path)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    given = parser.parse_args()
    torch.set_num_threads(1)
    trained = averaged(given.checkpoint, given.detector)
    export(trained, given.file)
    if given.weights:
        write_weights(trained, given.weights)
