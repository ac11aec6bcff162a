import cv2
import numpy as np
import pytest

from models.rapidocr import RapidOcr


@pytest.fixture(scope="module")
def detector() -> RapidOcr:
    result = RapidOcr()
    result.load()
    return result


@pytest.fixture(scope="module")
def page() -> np.ndarray:
    """Light grey, with one line of dark letters."""
    rgb = np.full((480, 640, 3), 200, np.uint8)
    cv2.putText(rgb, "FREE SHIPPING", (80, 240), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (30, 30, 30), 4, cv2.LINE_AA)
    return rgb


def test_a_line_of_letters_is_one_region(detector: RapidOcr, page: np.ndarray) -> None:
    (region,) = detector.find(page, limit=640)
    corners = np.stack([region.quad.min(axis=0), region.quad.max(axis=0)])
    # letters begin at x 80 and stand on y 240
    assert corners == pytest.approx(np.array([[80, 204], [420, 242]]), abs=8)
