"""The filled shape a text may stand on: a banner, a badge, a label."""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Mask, Rgb
from overlay.mask.strokes import Strokes

BIN = 16
"""Levels in a bin when colours are counted."""
TOLERANCE = 14
"""Levels by which a shape's colour may vary in each channel."""
LARGEST = 0.3
"""A ground over more than this share of the photo is the scene, not a shape."""
SMALLEST = 0.6
"""Least area over that of the text's box: a detector's box may reach beyond a tight banner or a round badge."""
BRINK = 14.0
"""Least change across a shape's rim: where a gradient leaves the tolerance there is none."""
HEART = 0.6
"""Share of a box, by its sides, that lies inside a round badge."""
OTHER = 24
"""Levels in a channel from which a pixel is not of the badge's colour."""
SQUARE, LONG = 0.84, 1.8
"""Share of its rectangle that a long shape fills at least; elongation from which it is long, no badge."""
PIECE = 1.1
"""Times that a banner is larger than what is but a piece of it."""
EXACT = 0.95
"""Share of its upright rectangle from which a shape is that rectangle."""
SIDE = 0.95
"""Share of a side of the photo from which a shape is a strip along it."""
ACROSS = 0.97
"""Share of a row or column that a strip fills which runs from border to border."""


@dataclass(frozen=True, eq=False)
class Shape:
    """One filled shape.

    Attributes:
        area: share of the photo.
        solidity: area over the area of its convex hull, 0..1.
        over_text: area over that of the text's box.
        spread: standard deviation of its colour, levels.
        step: how far its colour is from what is just outside, median, levels over RGB.
        brink: how far what is just outside is from what is just inside, median, levels over RGB.
        sides: of how many borders of the photo it touches.
        view: [h, w] bool at the scene's scale.
        scale: view pixels per photo pixel.
        by_edges: whether it is known by straight edges alone, and its colour is not one.
    """

    area: float
    solidity: float
    over_text: float
    spread: float
    step: float
    brink: float
    sides: int
    view: NDArray[np.bool_]
    scale: float
    by_edges: bool = False

    @property
    def is_drawn(self) -> bool:
        """Whether it is clean enough to go with the text it bears: flat, closed, of a simple outline."""
        return (
            self.solidity > 0.85
            and self.spread < 5
            and self.step > 20
            and self.brink > BRINK
            and SMALLEST < self.over_text < (40 if self.sides >= 2 else 14)
            and (self.squareness > SQUARE or self.elongation < LONG)
        )

    @property
    def squareness(self) -> float:
        """Share of the upright rectangle around it that it fills, 0..1."""
        rows, columns = self._extent()
        return float(self.view.sum()) / max(rows * columns, 1)

    @property
    def is_exact(self) -> bool:
        """Whether it is an upright rectangle of one colour: hardly a thing of the scene."""
        return self.squareness > EXACT and not self.by_edges

    @property
    def elongation(self) -> float:
        """Longer side of that rectangle over its shorter one."""
        rows, columns = self._extent()
        return max(rows, columns) / max(min(rows, columns), 1)

    @property
    def spans_side(self) -> bool:
        """Whether it takes a whole side of the photo."""
        edges = (self.view[0], self.view[-1], self.view[:, 0], self.view[:, -1])
        return any(float(edge.mean()) > SIDE for edge in edges)

    def _extent(self) -> tuple[int, int]:
        rows, columns = np.nonzero(self.view)
        return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1

    def is_part_of(self, other: "Shape") -> bool:
        """Whether it is but a piece of ``other``: of a see-through banner, where one ground lies under it."""
        return other.area > PIECE * self.area and bool(other.view[self.view].mean() > 0.95)

    def full_mask(self, width: int, height: int) -> Mask:
        """[height, width] uint8, 255 inside the shape and on its rim."""
        rim = np.ones((3, 3), np.uint8)
        grown = cv2.dilate(self.view.astype(np.uint8) * 255, rim)
        large = cv2.resize(grown, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.where(large > 127, 255, 0).astype(np.uint8)


def find_shape(view: Rgb, scale: float, quad: NDArray[np.float32], strokes: Strokes) -> Shape | None:
    """The one-coloured area around the text in ``quad``, or None where the ground has no end.

    Args:
        view: [h, w, 3] uint8, the photo made smaller by ``scale``.
        scale: view pixels per photo pixel.
        quad: [4, 2] float32 corners in pixels of the photo.
        strokes: the letters there.
    """
    near = cv2.dilate(strokes.glyphs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    under = strokes.box & ~near
    if under.sum() < 8:
        return None
    tone = np.rint(np.median(strokes.rgb[under], axis=0))
    alike = (cv2.inRange(view, tone - TOLERANCE, tone + TOLERANCE) > 0).astype(np.uint8)
    box = np.zeros(view.shape[:2], np.uint8)
    cv2.fillConvexPoly(box, np.rint(quad * scale).astype(np.int32), 1)
    if not (alike & box).any():
        return None
    _, labels = cv2.connectedComponents(alike, connectivity=4)
    label = int(np.bincount(labels[(alike & box) > 0]).argmax())
    body = (labels == label).astype(np.uint8)
    outline, _ = cv2.findContours(body, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    filled = _strip(cv2.drawContours(np.zeros_like(body), outline, -1, 1, cv2.FILLED), box)
    outline, _ = cv2.findContours(filled, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    body &= filled
    area = float(filled.mean())
    # the detector's boxes may reach beyond a tight banner, so only their heart counts
    heart = np.zeros_like(box)
    middle = quad.mean(axis=0)
    cv2.fillConvexPoly(heart, np.rint((middle + 0.7 * (quad - middle)) * scale).astype(np.int32), 1)
    if area > LARGEST or filled[heart > 0].mean() < 0.8:
        return None
    hull = cv2.contourArea(cv2.convexHull(np.concatenate(outline)))
    core = cv2.erode(body, np.ones((3, 3), np.uint8)) > 0
    rim = (cv2.dilate(filled, np.ones((7, 7), np.uint8)) > 0) & ~(
        cv2.dilate(filled, np.ones((3, 3), np.uint8)) > 0
    )
    step = np.sqrt(((view[rim].astype(np.float32) - tone) ** 2).sum(axis=-1))
    edges = (filled[0], filled[-1], filled[:, 0], filled[:, -1])
    return Shape(
        area=area,
        solidity=float(min(1.0, filled.sum() / max(hull, 1.0))),
        over_text=float(filled.sum() / max(box.sum(), 1)),
        spread=float(view[core].std(axis=0).mean()) if core.any() else float(TOLERANCE),
        step=float(np.median(step)) if step.size else 0.0,
        brink=_brink(view, filled > 0, rim),
        sides=sum(bool(edge.any()) for edge in edges),
        view=filled > 0,
        scale=scale,
    )


def find_inner(view: Rgb, scale: float, quad: NDArray[np.float32], strokes: Strokes) -> Shape | None:
    """The shape inside the box, where the detector framed a whole badge or sign: of its middle's commonest colour.

    Arguments as of :func:`find_shape`; ``strokes`` may be wrong, only their window counts.
    """
    middle = quad.mean(axis=0)
    heart = (middle + HEART * (quad - middle)).astype(np.float32)
    inside = np.zeros(strokes.box.shape, np.uint8)
    rows, columns = strokes.window
    cv2.fillConvexPoly(
        inside, np.rint((heart - (columns.start, rows.start)) * strokes.scale).astype(np.int32), 1
    )
    colours = strokes.rgb[inside > 0]
    if not len(colours):
        return None
    codes = (colours // BIN).astype(np.int64) @ np.array([256, 16, 1])
    tone = np.median(colours[codes == np.bincount(codes).argmax()], axis=0)
    away = np.abs(strokes.rgb.astype(np.float32) - tone).max(axis=-1) > OTHER
    return find_shape(view, scale, heart, replace(strokes, box=inside > 0, glyphs=away))


def _brink(view: Rgb, filled: NDArray[np.bool_], rim: NDArray[np.bool_]) -> float:
    """Median distance of ``view`` on the ``rim`` outside from what is next to it inside."""
    inner = cv2.erode(filled.astype(np.uint8), np.ones((3, 3), np.uint8)).astype(np.float32)
    weight = cv2.GaussianBlur(inner, (0, 0), 2)
    near = cv2.GaussianBlur(view.astype(np.float32) * inner[..., None], (0, 0), 2)
    seen = rim & (weight > 1e-3)
    if not seen.any():
        return 0.0
    away = view[seen].astype(np.float32) - near[seen] / weight[seen][:, None]
    return float(np.median(np.linalg.norm(away, axis=1)))


def _strip(filled: Mask, box: Mask) -> Mask:
    """``filled`` without what only hangs on to it, where it is a strip from border to border under the text."""
    for axis in (1, 0):
        across = np.asarray(filled.mean(axis=axis) > ACROSS)
        under = box.any(axis=axis)
        if not across[under].mean() > 0.7:
            continue
        _, runs = cv2.connectedComponents(across.astype(np.uint8)[:, None])
        runs = runs[:, 0]
        run = runs == np.bincount(runs[under & across]).argmax()
        if 0 < run.mean() < LARGEST:
            kept = run[:, None] if axis == 1 else run[None]
            return np.where(kept, filled, 0).astype(np.uint8)
    return filled
