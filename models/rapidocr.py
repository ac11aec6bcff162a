"""RapidOCR's bundled text detector (PP-OCRv6 small), without text recognition."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from line.errors import ModelError
from line.picture import Rgb
from models.contract import Region, TextFinder
from models.inference.onnx import session

STRIDE = 32
"""Divisor of the sides that the network accepts (pixels)."""
MAX_ENLARGEMENT = 2.0
"""Maximum scale factor of small photos, whose letters would be too small for the network."""


class TextBoxes:
    """Boxes around text in a detector's map of probabilities, with the line's thresholds."""

    def __init__(self) -> None:
        from rapidocr.ch_ppocr_det.utils import DBPostProcess

        self._boxes: Any = DBPostProcess(
            thresh=0.2, box_thresh=0.35, max_candidates=1000, unclip_ratio=1.6, use_dilation=True
        )

    def of(self, likelihood: NDArray[np.float32], rgb: Rgb) -> list[Region]:
        """The regions of a photo from [1, 1, h, w] float32 probabilities, from top to bottom."""
        height, width = rgb.shape[:2]
        quads, scores = self._boxes(likelihood, (height, width))
        regions = [
            Region(np.asarray(quad, np.float32), float(score))
            for quad, score in zip(quads, scores, strict=True)
        ]
        return sorted(regions, key=lambda region: tuple(region.quad.min(axis=0)[::-1].tolist()))


class RapidOcr(TextFinder):
    """Differentiable binarization (Liao et al., AAAI 2020, arXiv:1911.08947) with the weights of the wheel.

    The class opens its own session, because ``rapidocr.RapidOCR`` also loads the models for direction and
    recognition, keeps call flags between calls, and crops every box.
    """

    name = "rapidocr"
    licence = "Apache-2.0"
    source = "https://pypi.org/project/rapidocr/ (PP-OCRv6_det_small.onnx inside the wheel)"
    revision = "pp-ocrv6-det-small/3"
    memory_per_megapixel = 120.0

    @classmethod
    def weights(cls) -> Path | None:
        """Path of the detector in the installed wheel; None if rapidocr is not installed."""
        package = find_spec("rapidocr")
        if package is None or package.origin is None:
            return None
        return Path(package.origin).parent / "models" / "PP-OCRv6_det_small.onnx"

    @classmethod
    def missing(cls) -> str | None:
        weights = cls.weights()
        if weights is None or not find_spec("onnxruntime"):
            return "install rapidocr and onnxruntime: pip install 'rapidocr>=3.10,<3.11' onnxruntime"
        if not weights.is_file():
            return f"rapidocr is installed without {weights.name}: reinstall rapidocr 3.10"
        return None

    def load(self) -> None:
        if instruction := self.missing():
            raise ModelError(f"rapidocr cannot run: {instruction}")
        weights = cast(Path, self.weights())
        try:
            self._session: Any = session(weights, self.device)
        except Exception as error:
            raise ModelError(
                f"{weights.name} is not the file of rapidocr 3.10, reinstall rapidocr: {error}"
            ) from error
        self._input: str = self._session.get_inputs()[0].name
        self._output: str = self._session.get_outputs()[0].name
        self._boxes = TextBoxes()

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        likelihood = self._session.run([self._output], {self._input: _blob(rgb, limit)})[0]
        return self._boxes.of(likelihood, rgb)


def scaled(rgb: Rgb, limit: int) -> Rgb:
    """The photo resized so that both sides are multiples of 32 and the longer one is about ``limit`` (pixels)."""
    height, width = rgb.shape[:2]
    scale = min(MAX_ENLARGEMENT, limit / max(height, width))
    size = tuple(max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return cast(Rgb, small)


def _blob(rgb: Rgb, limit: int) -> NDArray[np.float32]:
    """[1, 3, h, w] float32, -1..1, BGR, as :func:`scaled` sizes it."""
    blob = cv2.dnn.blobFromImage(scaled(rgb, limit), 1 / 127.5, mean=(127.5,) * 3, swapRB=True)
    return cast(NDArray[np.float32], blob)


MODELS = (RapidOcr,)
