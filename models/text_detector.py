"""Text detectors in ONNX, as PaddleOCR and its converters publish them (PP-OCRv3 to v6)."""

from pathlib import Path
from typing import Any

import numpy as np

from line.errors import ModelError
from line.picture import Rgb
from models.contract import Model, Region, Task, TextFinder
from models.inference.network import Network, model_from
from models.inference.onnx import session
from models.rapidocr import STRIDE, TextBoxes, scaled
from models.weights.manifest import Weights

MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)
"""Normalisation of PaddleOCR's ``inference.yml``, for blue, green, red in 0..1."""


class OnnxTextDetector(Network, TextFinder):
    """A network with one input [1, 3, H, W] and one output [1, 1, H, W], the probability of text (Liao et al., AAAI
    2020, arXiv:1911.08947)."""

    needs = ("onnxruntime", "rapidocr")
    tiles = False
    tolerance = 0.0
    fails = ("splits lines of small letters", "takes fine regular patterns for letters")

    def build(self, files: list[Path]) -> None:
        """Open the file.

        Raises:
            ModelError: the file is not a text detector.
        """
        self._session: Any = session(files[0], self.device)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ModelError(
                f"{files[0].name} has {len(inputs)} inputs and {len(outputs)} outputs, not one of each"
            )
        self._input: str = inputs[0].name
        self._boxes = TextBoxes()
        shape = self.forward(np.zeros((1, 3, STRIDE, STRIDE), np.float32)).shape
        if shape != (1, 1, STRIDE, STRIDE):
            raise ModelError(f"{files[0].name} answers {list(shape)}, not one map of the picture's size")

    def forward(self, batch: Any) -> Any:
        return self._session.run(None, {self._input: batch})[0]

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        levels = (scaled(rgb, limit)[..., ::-1].astype(np.float32) / 255 - MEAN) / STD
        likelihood = self.forward(np.ascontiguousarray(levels.transpose(2, 0, 1)[None]))
        return self._boxes.of(likelihood, rgb)


def model_of(weights: Weights) -> type[Model]:
    """The model class for these weights.

    Raises:
        ModelError: the weights are registered for another task.
    """
    return model_from(weights, {Task.DETECT_TEXT: OnnxTextDetector})
