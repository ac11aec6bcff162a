"""Text detectors in ONNX, as PaddleOCR and its converters publish them (PP-OCRv3 to v6)."""

from pathlib import Path

import numpy as np

from line.picture import Rgb
from models.contract import Model, Region, Task, TextFinder
from models.inference.network import model_from
from models.inference.onnx_network import OnnxNetwork, normalized
from models.rapidocr import STRIDE, TextBoxes, scaled
from models.weights.manifest import Weights


class OnnxTextDetector(OnnxNetwork, TextFinder):
    """A network with one input [1, 3, H, W] and one output [1, 1, H, W], the probability of text (Liao et al., AAAI
    2020, arXiv:1911.08947)."""

    needs = ("onnxruntime", "rapidocr")
    remedy = "pip install 'rapidocr>=3.10,<3.11' onnxruntime"
    fails = ("splits lines of small letters", "takes fine regular patterns for letters")

    def build(self, files: list[Path]) -> None:
        """Open the file.

        Raises:
            ModelError: the file is not a text detector.
        """
        self.open(files[0], STRIDE, (1, 1, STRIDE, STRIDE), "one map of the picture's size")
        self._boxes = TextBoxes()

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        likelihood = self.forward(normalized(scaled(rgb, limit)[..., ::-1].astype(np.float32) / 255))
        return self._boxes.of(likelihood, rgb)


def model_of(weights: Weights) -> type[Model]:
    """The model class for these weights.

    Raises:
        ModelError: the weights are registered for another task.
    """
    return model_from(weights, {Task.DETECT_TEXT: OnnxTextDetector})
