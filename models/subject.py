"""Where the subject of a photo is: U²-Net and its kin in ONNX."""

from abc import abstractmethod
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.contract import Field, Model, Task
from models.inference.network import model_from
from models.inference.onnx_network import OnnxNetwork, normalized
from models.model import RGB
from models.weights.manifest import Weights

SIDE = 320
"""Width and height of the network's input (pixels)."""
SALIENCY = Field("[H, W]", "float32", (0, 1), "likelihood that a pixel belongs to the subject")


class SubjectFinder(Model):
    """Separates the subject of a photo from its ground."""

    task = Task.SUBJECT
    inputs = (RGB,)
    outputs = (SALIENCY,)

    @abstractmethod
    def saliency(self, rgb: Rgb) -> NDArray[np.float32]:
        """[H, W] float32, 0..1, of [H, W, 3] uint8: high where the subject is."""


class OnnxSubject(OnnxNetwork, SubjectFinder):
    """U²-Net (Qin et al., Pattern Recognition 2020, arXiv:2005.09007): the first of its outputs is the fused map."""

    fails = (
        "takes parts of a close-up that has no ground for its subject",
        "adds soft shadows to the subject",
    )

    def build(self, files: list[Path]) -> None:
        """Open the file.

        Raises:
            ModelError: the file is not such a network.
        """
        meaning = f"one map of {SIDE} x {SIDE}"
        self.open(files[0], SIDE, (1, 1, SIDE, SIDE), meaning, only_output=False)

    def saliency(self, rgb: Rgb) -> NDArray[np.float32]:
        small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        answer = self.forward(normalized(small / max(float(small.max()), 1.0)))[0, 0]
        lowest, highest = float(answer.min()), float(answer.max())
        spread = (answer - lowest) / max(highest - lowest, 1e-6)
        size = (rgb.shape[1], rgb.shape[0])
        return np.asarray(cv2.resize(spread, size, interpolation=cv2.INTER_LINEAR), np.float32)


def model_of(weights: Weights) -> type[Model]:
    """The model class for these weights.

    Raises:
        ModelError: the weights are registered for another task.
    """
    return model_from(weights, {Task.SUBJECT: OnnxSubject})
