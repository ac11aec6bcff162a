"""OpenCV's results as the arrays that the product's functions take: its stubs name neither a type nor a depth."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.picture import Rgb


def as_rgb(result: Any) -> Rgb:
    """[H, W, 3] uint8 that OpenCV returned."""
    return np.asarray(result, np.uint8)


def blurred(rgb: Rgb, sigma: float) -> Rgb:
    """A picture after a Gaussian blur (pixels)."""
    return as_rgb(cv2.GaussianBlur(rgb, (0, 0), sigma))


def decoded(data: bytes, flags: int = cv2.IMREAD_COLOR) -> Rgb:
    """An encoded picture, blue first; with ``cv2.IMREAD_UNCHANGED`` with all of its channels."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    assert picture is not None, "no picture"
    return as_rgb(picture)


def read(path: Path) -> Rgb:
    """A picture's file, blue first."""
    return decoded(path.read_bytes())
