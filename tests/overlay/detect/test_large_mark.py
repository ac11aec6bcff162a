import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Region, TextFinder
from overlay.classify.classifier import find, read
from overlay.detect.candidate import Source
from overlay.detect.multiscale_detections import Looks

FRAME = np.array([[40, 60], [560, 60], [560, 360], [40, 360]], np.float32)


class Framing(TextFinder):
    """Frames the same large thing whatever it is shown."""

    name = licence = source = revision = "framing"

    def load(self) -> None:
        """Nothing to load."""

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        return [Region(FRAME, 0.8)]


NOTHING = np.zeros((1, 1), np.float32)
"""A map of a photo over which nothing was laid."""
SEEN = np.zeros((105, 150), np.float32)
"""A map that sees some of what was laid over."""
SEEN[45:70, 20:60] = 0.5


def photo(opacity: float) -> Rgb:
    """A shaded thing before a light wall, with large dark letters of some opacity across both."""
    ramp = np.linspace(90, 200, 600)[None, :, None].repeat(420, axis=0).repeat(3, axis=2)
    cv2.ellipse(ramp, (300, 210), (150, 120), 0, 0, 360, (170.0, 120.0, 60.0), -1)
    page = np.zeros((420, 600), np.uint8)
    cv2.putText(page, "MARK", (55, 270), cv2.FONT_HERSHEY_SIMPLEX, 6, 255, 22, cv2.LINE_AA)
    share = page[..., None] / 255 * opacity
    return np.rint(ramp * (1 - share)).astype(np.uint8)


def test_a_large_see_through_mark_over_a_product_is_found_and_shown_to_a_person() -> None:
    rgb = photo(0.5)
    (mark,) = [one for one in find(Looks(rgb, Framing()), 640, SEEN) if one.source is Source.LARGE]
    (reading,) = read(rgb, [mark], NOTHING)
    assert 0.5 < reading.probability < 0.9
    assert reading.is_faint


def test_a_product_that_the_detector_framed_is_no_mark() -> None:
    assert find(Looks(photo(0.0), Framing()), 640, SEEN) == []


def test_shadows_that_fit_one_blend_are_no_mark_where_the_overlay_map_sees_nothing() -> None:
    assert find(Looks(photo(0.5), Framing()), 640, NOTHING) == []
