"""Pictures as the records keep them beside other words: PNG in base64."""

import base64

import cv2
import numpy as np
from numpy.typing import NDArray


def as_text(picture: NDArray[np.uint8]) -> str:
    """``picture`` [h, w] or [h, w, 3] uint8."""
    return base64.b64encode(cv2.imencode(".png", picture)[1].tobytes()).decode()


def of_text(text: str, how: int = cv2.IMREAD_COLOR) -> NDArray[np.uint8]:
    """The picture from :func:`as_text`, read as OpenCV's flag ``how`` says; its channels keep their order.

    Raises:
        ValueError: it is no picture.
    """
    picture = cv2.imdecode(np.frombuffer(base64.b64decode(text), np.uint8), how)
    if picture is None:
        raise ValueError("what a vendor template keeps is no picture")
    return np.asarray(picture, np.uint8)
