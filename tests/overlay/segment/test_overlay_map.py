from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from line.picture import Rgb
from models.contract import Region, TextFinder
from models.rapidocr import RapidOcr
from overlay.detect.multiscale_detections import Looks
from overlay.segment.overlay_map import Map, overlay_map, pixels

BOTTLE = Path(__file__).resolve().parents[3] / "samples" / "upload" / "acme" / "kitchen" / "bottle.jpg"
LINE = np.s_[440:475, 20:300]


def photo(caption: str = "") -> Rgb:
    """A sample without any overlay, now and then with an opaque caption near its lower edge."""
    rgb = np.asarray(Image.open(BOTTLE).convert("RGB")).copy()
    cv2.putText(rgb, caption, (20, 472), cv2.FONT_HERSHEY_SIMPLEX, 1.2, (255, 0, 0), 3, cv2.LINE_AA)
    return rgb


@pytest.fixture(scope="module")
def finder() -> RapidOcr:
    found = RapidOcr()
    found.load()
    return found


def chart(rgb: Rgb, finder: TextFinder) -> Map:
    return overlay_map()(rgb, Looks(rgb, finder).levels)


def test_a_caption_is_seen_where_it_lies_and_nowhere_else(finder: RapidOcr) -> None:
    rgb = photo("FREE SHIPPING")
    laid = pixels(chart(rgb, finder), rgb.shape, np.s_[0 : rgb.shape[0], 0 : rgb.shape[1]])
    assert np.percentile(laid[LINE], 75) > 0.8
    assert (laid[: LINE[0].start - 20] > 0.5).mean() < 0.01


def test_a_photo_without_one_is_left_alone(finder: RapidOcr) -> None:
    assert (chart(photo(), finder) > 0.5).mean() < 0.01


def test_every_pixel_has_its_cell_whatever_the_size(finder: RapidOcr) -> None:
    for size in ((300, 400), (17, 33), (1, 1), (2100, 1700)):
        rgb = np.zeros((*size, 3), np.uint8)
        laid = chart(rgb, finder)
        assert pixels(laid, rgb.shape, np.s_[0 : size[0], 0 : size[1]]).shape == size


def test_the_same_photo_gives_the_same_map(finder: RapidOcr) -> None:
    rgb = photo("NEW")
    assert np.array_equal(chart(rgb, finder), chart(rgb, finder))


class Blind(TextFinder):
    """Another finder, which sees nothing."""

    name = licence = source = revision = "blind"

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        return []


def test_the_map_is_the_same_whichever_finder_looks_for_text(finder: RapidOcr) -> None:
    rgb = photo("NEW")
    assert np.array_equal(chart(rgb, Blind()), chart(rgb, finder))
