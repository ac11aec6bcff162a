import cv2
import numpy as np

from line.picture import Rgb
from models.contract import Region, TextFinder
from overlay.detect.slanted_lines import area, follow, levelled, shared, tilt

LINE = np.array([[0, 0], [300, 0], [300, 40], [0, 40]], np.float32)


def turned(quad: np.ndarray, degrees: float, to: tuple[float, float] = (400, 300)) -> np.ndarray:
    """A box turned about the origin, its first corner at ``to``."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return (quad @ turn + to).astype(np.float32)


class Bright(TextFinder):
    """Takes all that is white in a picture for one line of text."""

    name = licence = source = revision = "bright"

    def __init__(self) -> None:
        self.looks: list[tuple[int, int]] = []

    def load(self) -> None:
        """Nothing to load."""

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        self.looks.append(rgb.shape[:2])
        rows, columns = np.nonzero(rgb[..., 0] > 200)
        if not len(rows):
            return []
        left, right, top, bottom = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
        quad = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
        return [Region(quad, 0.9)]


def photo(line: np.ndarray) -> Rgb:
    rgb = np.full((900, 1200, 3), 60, np.uint8)
    cv2.fillConvexPoly(rgb, np.rint(line).astype(np.int32), (255, 255, 255))
    return rgb


def test_a_slanted_line_seen_in_part_is_followed_to_its_end() -> None:
    whole = turned(LINE, 25)
    part = turned(LINE * np.array([0.5, 1], np.float32), 25)
    (found,) = follow(photo(whole), Bright(), [Region(part, 0.8)])
    assert shared(found.quad, whole) > 0.9 * area(whole)
    assert area(found.quad) < 1.2 * area(whole)


def test_a_line_seen_whole_is_left_as_it_is() -> None:
    whole = turned(LINE, 25)
    assert follow(photo(whole), Bright(), [Region(whole, 0.8)]) == []


def test_level_and_upright_lines_are_not_followed() -> None:
    finder = Bright()
    lines = [Region(turned(LINE, degrees), 0.8) for degrees in (0, 3, 90)]
    assert follow(photo(LINE), finder, lines) == []
    assert finder.looks == []


def test_a_look_along_a_line_is_small() -> None:
    finder = Bright()
    follow(photo(turned(LINE, 30)), finder, [Region(turned(LINE, 30), 0.8)])
    ((high, wide),) = finder.looks
    assert high * wide < 0.25 * 640 * 480


def test_tilt_is_measured_from_the_nearer_axis() -> None:
    assert abs(tilt(turned(LINE, 20)) - 20) < 0.1
    assert abs(tilt(turned(LINE, 80)) - 10) < 0.1


def test_the_strip_leads_back_to_the_photo() -> None:
    whole = turned(LINE, -30, (200, 600))
    strip, back = levelled(photo(whole), whole, 50, 120, 0.5)
    rows, columns = np.nonzero(strip[..., 0] > 200)
    middle = back[:, :2] @ (columns.mean(), rows.mean()) + back[:, 2]
    assert np.abs(middle - whole.mean(axis=0)).max() < 2
