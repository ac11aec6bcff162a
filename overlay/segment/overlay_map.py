"""What was laid over a photo, place by place: a small network's view, which knows what the text detector knows."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.inference.onnx import session

NETWORK = Path(__file__).with_name("overlay_map.onnx")
CELL = 4
"""Pixels of a cell's side, on what the network sees."""
STRIDE = 16
"""The network takes sides that are multiples of this."""
LAID_FROM = 0.7
"""Chance of a cell from which something was laid there."""
BLURRED_CELLS = 2
"""Cells by which the map is blurred: so far around an overlay it still sees it."""
KNOWN = 8
"""Pixels of a side of the places of which the detector's knowledge is told."""
STRONGEST = 16.0
"""What the detector knows is cut to this."""
LONGEST = 1600
"""Long side in pixels to which larger photos are shrunk: overlays were drawn on photos up to this size."""

Map = NDArray[np.float32]
"""[h, w] float32 0..1, chance of each cell that something was laid over it."""


def normalized(levels: Any) -> Any:
    """What the network takes, of levels 0..255: an array, or a tensor while it is trained."""
    return (levels - 128) / 64


def knowledge(levels: Sequence[NDArray[np.float32]], shape: tuple[int, ...]) -> NDArray[np.float32]:
    """[C, h, w] float32 in -``STRONGEST``..``STRONGEST``: the detector's levels, one above the other.

    Its places of ``KNOWN`` pixels cover a picture of ``shape``, with sides that are multiples of ``STRIDE``.
    """
    high, wide = (-(-side // KNOWN) for side in shape[:2])
    told = [
        cv2.resize(
            channel, (wide, high), interpolation=cv2.INTER_AREA if len(channel) > high else cv2.INTER_LINEAR
        )
        for level in levels
        for channel in level
    ]
    whole = np.clip(np.stack(told), -STRONGEST, STRONGEST)
    per = STRIDE // KNOWN
    return np.pad(whole, ((0, 0), (0, -high % per), (0, -wide % per)), mode="edge")


def cell_side(shape: tuple[int, ...]) -> float:
    """Pixels of a cell's side on a photo of ``shape``."""
    return CELL / min(1.0, LONGEST / max(shape[:2]))


def pixels(laid: Map, shape: tuple[int, ...], window: tuple[slice, slice]) -> Map:
    """The map of every pixel in ``window`` of a photo of ``shape``."""
    side = cell_side(shape)
    rows, columns = (
        np.minimum((np.arange(shape[axis])[part] + 0.5) / side, laid.shape[axis] - 1).astype(int)
        for axis, part in enumerate(window)
    )
    return laid[np.ix_(rows, columns)]


class OverlayMap:
    """The trained network.

    Args:
        network: an ONNX file as ``bench.train_map`` writes it.
    """

    def __init__(self, network: Path = NETWORK) -> None:
        self._session = session(network)

    def __call__(self, rgb: Rgb, levels: Sequence[NDArray[np.float32]]) -> Map:
        """The map of ``rgb`` [H, W, 3] uint8; its cells cover the photo exactly, whatever their number.

        ``levels`` is what the text detector knows of it (``Looks.levels``).
        """
        scale = min(1.0, LONGEST / max(rgb.shape[:2]))
        seen = rgb
        if scale < 1:
            seen = np.asarray(
                cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8
            )
        high, wide = seen.shape[:2]
        padded = cv2.copyMakeBorder(seen, 0, -high % STRIDE, 0, -wide % STRIDE, cv2.BORDER_REPLICATE).astype(
            np.float32
        )
        given = {
            "photo": np.ascontiguousarray(normalized(padded).transpose(2, 0, 1)[None]),
            "known": np.ascontiguousarray(knowledge(levels, seen.shape)[None]),
        }
        chance = self._session.run(None, given)[0][0, 0]
        own: Map = chance[: -(-high // CELL), : -(-wide // CELL)]
        return own


@cache
def overlay_map() -> OverlayMap:
    """The network that is shipped."""
    return OverlayMap()
