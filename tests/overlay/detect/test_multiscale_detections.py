import numpy as np
import pytest

from line.picture import Rgb
from models.contract import Region
from models.rapidocr import RapidOcr, Sight
from overlay.detect.multiscale_detections import LIMIT, Looks

GREY = np.full((120, 160, 3), 128, np.uint8)


class Counting(RapidOcr):
    """The detector, without its network; tells at which limits it was run."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[int] = []

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        self.runs.append(limit)
        return []

    def look(self, rgb: Rgb, *, limit: int) -> Sight:
        self.runs.append(limit)
        return Sight([], [np.zeros((24, 30, 40), np.float32)])


@pytest.fixture
def finder() -> Counting:
    return Counting()


def test_each_scale_is_looked_at_once(finder: Counting) -> None:
    looks = Looks(GREY, finder)
    for limit in (960, 320, 960, 320):
        looks.at(limit)
    assert finder.runs == [960, 320]


def test_the_look_that_tells_what_the_detector_knows_finds_the_text_too(finder: Counting) -> None:
    looks = Looks(GREY, finder)
    assert len(looks.levels) == 1
    assert looks.at(LIMIT) == []
    assert finder.runs == [LIMIT]
