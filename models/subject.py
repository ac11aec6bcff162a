"""Where the subject of a photo is: a classical method for plain grounds, and U²-Net and its kin in ONNX."""

from abc import abstractmethod
from pathlib import Path
from typing import Any

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


GROUND_SIDE = 160
"""Longer side (pixels) at which the classical method works: texture is gone, the outline is not."""
GROUND_BLUR = 0.8
"""Standard deviation (pixels) of the blur against noise."""
BORDER_PERCENTILE = 70
"""Percentile of the border's colour differences that measures how even the ground is: up to 30 % may be subject."""
GROUND_TOLERANCE = (1.5, 1.0, 2.0, 6.0)
"""Factor, summand, least and greatest value (ΔE*ab) of the difference up to which a colour is the ground's own."""
STEP_SHARE = 1 / 3
"""Maximum step between neighbours in shades of the ground, as a share of that difference."""
MAX_SHADE = 40.0
MAX_SHADE_CHROMA = 12.0
"""Maximum differences of a shade of the ground from its colour (ΔE*ab, and in a*b* alone)."""
MIN_GROUND_BORDER = 0.5
"""Minimum share of the border that is ground; less is not a plain ground."""
MIN_GROUND_PIECE = 0.02
"""Minimum share of the border that a piece of ground has."""
MIN_SUBJECT_AREA = 0.002
"""Minimum area of a subject (share of the picture); smaller objects count as dust."""


class PlainGround(SubjectFinder):
    """What is not connected with the border by the colour of a plain ground or by its slow shades.

    The border stands for the ground, as in Wei, Wen, Zhu and Sun, "Geodesic saliency using background priors",
    ECCV 2012. Shades let the light fall off and soft shadows fall; the evener the border, the less may differ, so that
    a white shirt stays a subject on white. Enclosed parts of the ground's colour belong to the subject.
    """

    name = "plain_ground"
    licence = "MIT"
    source = "models/subject.py (after Wei et al., ECCV 2012)"
    revision = "1"
    memory_per_megapixel = 8.0
    fails = (
        "takes the whole photo for its subject where the ground is not plain",
        "loses dark subjects on black and transparent ones",
        "adds hard shadows to the subject",
    )

    def saliency(self, rgb: Rgb) -> NDArray[np.float32]:
        height, width = rgb.shape[:2]
        scale = min(1.0, GROUND_SIDE / max(height, width))
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        small = rgb if scale == 1 else cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)
        subject = _subject(cv2.cvtColor(small.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))
        return np.asarray(cv2.resize(subject, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def _subject(lab: NDArray[Any]) -> NDArray[np.float32]:
    """[h, w] float32, 1 for the subject and 0 for the ground, of [h, w, 3] CIELAB; all 1 without a plain ground."""
    lab = cv2.GaussianBlur(lab, (0, 0), GROUND_BLUR)
    border = _border(lab)
    ground = np.median(border, axis=0)
    factor, summand, least, greatest = GROUND_TOLERANCE
    spread = float(np.percentile(_length(border - ground), BORDER_PERCENTILE))
    tolerance = min(max(factor * spread + summand, least), greatest)
    difference = _length(lab - ground)
    is_shade = (difference < MAX_SHADE) & (_length(lab[..., 1:] - ground[1:]) < MAX_SHADE_CHROMA)
    similar = (difference < tolerance) | (is_shade & (_steps(lab) < STEP_SHARE * tolerance))
    count, pieces = cv2.connectedComponents(similar.astype(np.uint8), connectivity=4)
    on_border = _border(pieces)
    is_ground = np.bincount(on_border, minlength=count) >= MIN_GROUND_PIECE * len(on_border)
    is_ground[0] = False  # piece 0: what is not similar
    if is_ground[on_border].mean() < MIN_GROUND_BORDER:
        return np.ones(lab.shape[:2], np.float32)
    rest = (~is_ground[pieces]).astype(np.uint8)
    inner = cv2.erode(rest, np.ones((3, 3), np.uint8))  # blur and steps widen an outline by a pixel or two
    _, labels, stats, _ = cv2.connectedComponentsWithStats(inner)
    is_large = stats[:, cv2.CC_STAT_AREA] >= MIN_SUBJECT_AREA * labels.size
    is_large[0] = False
    return np.asarray(is_large[labels], np.float32)


def _steps(lab: NDArray[Any]) -> NDArray[np.float32]:
    """[h, w] greatest difference (ΔE*ab) of each pixel from its four neighbours."""
    across, down = _length(lab[:, 1:] - lab[:, :-1]), _length(lab[1:] - lab[:-1])
    steps = np.zeros(lab.shape[:2], np.float32)
    for part, values in (
        (np.s_[:, 1:], across),
        (np.s_[:, :-1], across),
        (np.s_[1:], down),
        (np.s_[:-1], down),
    ):
        steps[part] = np.maximum(steps[part], values)
    return steps


def _length(vectors: NDArray[Any]) -> NDArray[np.float32]:
    """[...] Euclidean length of [..., n] vectors."""
    return np.sqrt(np.asarray(np.einsum("...i,...i", vectors, vectors), np.float32))


def _border(plane: NDArray[Any]) -> NDArray[Any]:
    """[N, ...] outermost pixels of a [h, w, ...] plane."""
    return np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])


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


MODELS = (PlainGround,)
