"""What a text finder sees of one photo, each scale looked at once."""

from functools import cache, cached_property

import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.contract import Region, TextFinder
from models.rapidocr import RapidOcr

LIMIT = 640
"""Long side in pixels at which the overlay map's network was told what the detector knows."""


class Looks:
    """A photo and the finder that looks at it.

    Args:
        rgb: [H, W, 3] uint8.
        finder: loaded.
    """

    def __init__(self, rgb: Rgb, finder: TextFinder) -> None:
        self.rgb, self.finder = rgb, finder
        self._seen: dict[int, list[Region]] = {}

    def at(self, limit: int) -> list[Region]:
        """The text seen with ``limit`` as the long side."""
        if limit not in self._seen:
            self._seen[limit] = self.finder.find(self.rgb, limit=limit)
        return self._seen[limit]

    @cached_property
    def levels(self) -> list[NDArray[np.float32]]:
        """What RapidOCR's detector knows of the photo's places, whichever finder looks for text."""
        if not isinstance(self.finder, RapidOcr):
            return _detector().look(self.rgb, limit=LIMIT).levels
        sight = self.finder.look(self.rgb, limit=LIMIT)
        self._seen[LIMIT] = sight.regions
        return sight.levels


@cache
def _detector() -> RapidOcr:
    """One for each process that looks for text with another finder."""
    detector = RapidOcr()
    detector.load()
    return detector
