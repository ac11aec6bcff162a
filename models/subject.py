"""Where the subject of a photo is: U²-Net and its kin in ONNX."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.errors import ModelError
from line.picture import Rgb
from models.contract import Field, Model, Task
from models.inference.network import Network, model_from
from models.inference.onnx import session
from models.model import RGB
from models.weights.manifest import Weights

SIDE = 320
"""Width and height of the network's input (pixels)."""
MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)
"""Normalisation of the training data, for red, green, blue in 0..1."""
SALIENCY = Field("[H, W]", "float32", (0, 1), "likelihood that a pixel belongs to the subject")


class SubjectFinder(Model):
    """Separates the subject of a photo from its ground."""

    task = Task.SUBJECT
    inputs = (RGB,)
    outputs = (SALIENCY,)

    @abstractmethod
    def saliency(self, rgb: Rgb) -> NDArray[np.float32]:
        """[H, W] float32, 0..1, of [H, W, 3] uint8: high where the subject is."""


class OnnxSubject(Network, SubjectFinder):
    """U²-Net (Qin et al., Pattern Recognition 2020, arXiv:2005.09007): the first of its outputs is the fused map."""

    needs = ("onnxruntime",)
    tiles = False
    tolerance = 0.0
    fails = (
        "takes parts of a close-up that has no ground for its subject",
        "adds soft shadows to the subject",
    )

    def build(self, files: list[Path]) -> None:
        """Open the file.

        Raises:
            ModelError: the file is not such a network.
        """
        self._session: Any = session(files[0], self.device)
        inputs = self._session.get_inputs()
        if len(inputs) != 1:
            raise ModelError(f"{files[0].name} has {len(inputs)} inputs, not one")
        self._input: str = inputs[0].name
        self._output: str = self._session.get_outputs()[0].name
        shape = self.forward(np.zeros((1, 3, SIDE, SIDE), np.float32)).shape
        if shape != (1, 1, SIDE, SIDE):
            raise ModelError(f"{files[0].name} answers {list(shape)}, not one map of {SIDE} x {SIDE}")

    def forward(self, batch: Any) -> Any:
        return self._session.run([self._output], {self._input: batch})[0]

    def saliency(self, rgb: Rgb) -> NDArray[np.float32]:
        small = cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
        levels = (small / max(float(small.max()), 1.0) - MEAN) / STD
        answer = self.forward(np.ascontiguousarray(levels.transpose(2, 0, 1)[None]))[0, 0]
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
