"""RapidOCR's bundled text detector (PP-OCRv6 small), detection alone, without its reading half."""

from dataclasses import dataclass
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
"""The network takes sides that are multiples of this."""
MOST = 2.0
"""Times that a small photo is enlarged at most: its letters are then of a size that the network knows."""
LEVELS = tuple(f"p2o.pd_op.add.{number}.0" for number in (94, 90, 86, 82))
"""The network's feature pyramid, at a quarter, an eighth, a sixteenth and a thirty-second of what it sees."""
CHANNELS = 24
"""Of each of its levels."""


@dataclass(frozen=True, eq=False)
class Sight:
    """What the network makes of a photo.

    Attributes:
        regions: the text found.
        levels: [CHANNELS, h, w] float32 each, from fine to coarse: what it knows of every place.
    """

    regions: list[Region]
    levels: list[NDArray[np.float32]]


class RapidOcr(TextFinder):
    """Differentiable binarization (Liao et al., AAAI 2020, arXiv:1911.08947) on the weights in the wheel.

    The session is made here and not by ``rapidocr.RapidOCR``, which would hold the models for
    direction and reading too, keeps its call flags from one call to the next, and crops every box.
    """

    name = "rapidocr"
    licence = "Apache-2.0"
    source = "https://pypi.org/project/rapidocr/ (PP-OCRv6_det_small.onnx inside the wheel)"
    revision = "pp-ocrv6-det-small/3"
    memory_per_megapixel = 120.0

    @classmethod
    def weights(cls) -> Path | None:
        """Where the installed wheel keeps the detector, or None when it is not installed."""
        found = find_spec("rapidocr")
        if found is None or found.origin is None:
            return None
        return Path(found.origin).parent / "models" / "PP-OCRv6_det_small.onnx"

    @classmethod
    def missing(cls) -> str | None:
        weights = cls.weights()
        if weights is None or not find_spec("onnxruntime"):
            return "install rapidocr and onnxruntime: pip install 'rapidocr>=3.10,<3.11' onnxruntime"
        if not weights.is_file():
            return f"rapidocr is installed without {weights.name}: reinstall rapidocr 3.10"
        return None

    def load(self) -> None:
        if lacking := self.missing():
            raise ModelError(f"rapidocr cannot run: {lacking}")
        weights = cast(Path, self.weights())
        try:
            self._session: Any = session(weights, self.device, also=LEVELS)
        except Exception as error:
            raise ModelError(f"{weights.name} is not that of rapidocr 3.10, reinstall it: {error}") from error
        from rapidocr.ch_ppocr_det.utils import DBPostProcess

        self._input: str = self._session.get_inputs()[0].name
        self._said: str = self._session.get_outputs()[0].name
        self._boxes: Any = DBPostProcess(
            thresh=0.2, box_thresh=0.35, max_candidates=1000, unclip_ratio=1.6, use_dilation=True
        )

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        return self._regions(rgb, self._session.run([self._said], {self._input: _blob(rgb, limit)})[0])

    def look(self, rgb: Rgb, *, limit: int) -> Sight:
        """The regions that ``find`` gives, and what the network knows of every place besides."""
        likelihood, *levels = self._session.run([self._said, *LEVELS], {self._input: _blob(rgb, limit)})
        return Sight(self._regions(rgb, likelihood), [level[0] for level in levels])

    def _regions(self, rgb: Rgb, likelihood: NDArray[np.float32]) -> list[Region]:
        height, width = rgb.shape[:2]
        quads, scores = self._boxes(likelihood, (height, width))
        found = [
            Region(np.asarray(quad, np.float32), float(score))
            for quad, score in zip(quads, scores, strict=True)
        ]
        return sorted(found, key=lambda region: tuple(region.quad.min(axis=0)[::-1].tolist()))


def _blob(rgb: Rgb, limit: int) -> NDArray[np.float32]:
    """[1, 3, h, w] float32 in -1..1, blue first, sides multiples of 32, long side about ``limit``."""
    height, width = rgb.shape[:2]
    scale = min(MOST, limit / max(height, width))
    size = tuple(max(STRIDE, round(side * scale / STRIDE) * STRIDE) for side in (width, height))
    small = cv2.resize(rgb, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    blob = cv2.dnn.blobFromImage(small, 1 / 127.5, mean=(127.5,) * 3, swapRB=True)
    return cast(NDArray[np.float32], blob)


MODELS = (RapidOcr,)
