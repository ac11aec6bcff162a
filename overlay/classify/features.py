"""What differs between letters laid over a photo and letters on the product, as numbers."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb
from models.contract import Region
from overlay.classify.camera_artifacts import traces
from overlay.classify.typography_features import typography
from overlay.detect.candidate import Candidate, Source
from overlay.mask.panel import Shape
from overlay.mask.strokes import Strokes, sides
from overlay.mask.transparency import veil
from overlay.segment.overlay_map import Map, pixels
from overlay.segment.scene import Scene

Features = Mapping[str, float]
COMPARED = (
    "crisp", "step_middle", "tilt", "stems_lean", "ink_noise", "ink_exact", "contrast", "backdrop_rim", "height",
)  # fmt: skip
"""Features in which a text is set against the photo's other texts."""
LEANS = (0.0, 0.5, -0.5, 1.0, -1.0, 2.0, -2.0, 3.5, -3.5, 5.0, -5.0)
"""Degrees that a line of text is tried at."""


def describe(
    rgb: Rgb,
    region: Candidate,
    strokes: Strokes,
    shape: Shape | None,
    scene: Scene,
    all_regions: Sequence[Region],
    laid: Map,
) -> Features:
    """Every feature of one region; lengths are shares of the photo's long side, colours in levels."""
    return {
        **_place(rgb, region, all_regions),
        "source": float(list(Source).index(region.source)),
        "likeness": strokes.likeness,
        **_laid(laid, rgb.shape, strokes),
        **_ink(strokes),
        **_inks(strokes),
        **_rim(strokes),
        **_veil(strokes),
        **_drift(strokes),
        **_lie(strokes),
        **_elsewhere(strokes, scene),
        **_edges(strokes, scene),
        **_ground(strokes, region, scene),
        **_shape(shape),
        **traces(rgb, strokes),
        **typography(rgb, strokes),
    }


def _place(rgb: Rgb, region: Region, all_regions: Sequence[Region]) -> dict[str, float]:
    high, wide = rgb.shape[:2]
    longest = max(high, wide)
    quad = region.quad
    along, across = sides(quad)
    left, top = np.maximum(quad.min(axis=0), 0)
    right, bottom = np.minimum(quad.max(axis=0), (wide, high))
    edge = quad[1] - quad[0] if np.linalg.norm(quad[1] - quad[0]) >= across else quad[2] - quad[1]
    angle = float(np.degrees(np.arctan2(edge[1], edge[0]))) % 180
    heights = [sides(other.quad)[1] for other in all_regions]
    opposite = [np.linalg.norm(quad[a] - quad[b]) for a, b in ((0, 1), (3, 2), (0, 3), (1, 2))]
    return {
        "tilt": min(angle % 90, 90 - angle % 90),
        "upright": float(45 < angle < 135),
        "height": across / longest,
        "length": along / longest,
        "aspect": along / max(across, 1),
        "area": along * across / (high * wide),
        "from_side": float(min(left, wide - right)) / wide,
        "from_top": float(min(top, high - bottom)) / high,
        "off_centre": abs(float(left + right) / 2 / wide - 0.5),
        "low": float(top + bottom) / 2 / high,
        "perspective": float(
            max(
                abs(opposite[0] - opposite[1]) / max(along, 1),
                abs(opposite[2] - opposite[3]) / max(across, 1),
            )
        ),
        "score": region.score,
        "regions": float(len(all_regions)),
        "height_rank": float(np.mean(np.array(heights) > across + 0.5)),
        "height_share": across / max(heights),
        "pixels": float(longest),
        "height_pixels": across,
    }


def _laid(laid: Map, shape: tuple[int, ...], strokes: Strokes) -> dict[str, float]:
    """What the overlay map says of the letters, their box, what is around it, and the whole photo."""
    high, wide = strokes.box.shape  # large letters are looked at smaller
    here = cv2.resize(pixels(laid, shape, strokes.window), (wide, high), interpolation=cv2.INTER_NEAREST)
    ink, box, around = here[strokes.glyphs], here[strokes.box], here[~strokes.box]
    return {
        "laid_ink": float(ink.mean()) if ink.size else -1.0,
        "laid_ink_least": float(np.percentile(ink, 20)) if ink.size else -1.0,
        "laid_box": float(box.mean()) if box.size else -1.0,
        "laid_most": float(np.percentile(box, 95)) if box.size else -1.0,
        "laid_around": float(around.mean()) if around.size else -1.0,
        "laid_photo": float((laid > 0.5).mean()),
    }


def _ink(strokes: Strokes) -> dict[str, float]:
    """How flat, how pure and how opaque the letters' colour is."""
    rgb = strokes.rgb.astype(np.float32)
    kernel = np.ones((3, 3), np.uint8)
    core = cv2.erode(strokes.glyphs.astype(np.uint8), kernel) > 0
    if core.sum() < 12:
        core = strokes.glyphs
    names = ("ink_spread", "ink_common", "ink_light", "ink_colourful", "ink_pure", "follows_ground",
             "shaded_like_ground")  # fmt: skip
    if core.sum() < 12:
        return {**dict.fromkeys(names, -1.0), "contrast": strokes.contrast, "ink_share": 0.0, "pieces": 0.0}
    colours = rgb[core]
    middle = np.median(colours, axis=0)
    away = np.sqrt(((colours - middle) ** 2).sum(axis=1))
    ground = strokes.ground.astype(np.float32)[core].mean(axis=1)
    light = colours.mean(axis=1)
    variation = float(ground.var())
    shade = np.log(np.maximum(np.stack([ground, light]), 4))
    slope = float(((ground - ground.mean()) * (light - light.mean())).mean()) / max(variation, 1e-3)
    pure = np.minimum(middle, 255 - middle)
    count, _, stats, _ = cv2.connectedComponentsWithStats(strokes.glyphs.astype(np.uint8))
    pieces = stats[1:count, cv2.CC_STAT_AREA]
    return {
        "ink_spread": float(np.median(away)),
        "ink_common": float(np.mean(away < 12)),
        "ink_light": float(middle.mean()),
        "ink_colourful": float(middle.max() - middle.min()),
        "ink_pure": float(pure.mean()),
        "follows_ground": float(np.clip(slope, -2, 2)) if variation > 30 else -3.0,
        "shaded_like_ground": _correlation(shade[0], shade[1]) if variation > 30 else -2.0,
        "contrast": strokes.contrast,
        "ink_share": float(strokes.glyphs.sum() / max(strokes.box.sum(), 1)),
        "pieces": float((pieces > 6).sum()),
    }


def _inks(strokes: Strokes) -> dict[str, float]:
    """How well two flat colours explain the letters: those with a contour or a shadow are of two."""
    names = ("two_inks_common", "two_inks_apart", "second_ink")
    colours = strokes.rgb[strokes.glyphs].astype(np.float32)
    if len(colours) < 30:
        return dict.fromkeys(names, -1.0)
    first = np.median(colours, axis=0)
    away = np.linalg.norm(colours - first, axis=1)
    second = np.median(colours[away >= np.percentile(away, 85)], axis=0)
    for _ in range(4):  # k-medians with k = 2
        other = np.linalg.norm(colours - second, axis=1) < np.linalg.norm(colours - first, axis=1)
        if other.all() or not other.any():
            break
        first, second = np.median(colours[~other], axis=0), np.median(colours[other], axis=0)
    to_first, to_second = (np.linalg.norm(colours - tone, axis=1) for tone in (first, second))
    return {
        "two_inks_common": float(np.mean(np.minimum(to_first, to_second) < 14)),
        "two_inks_apart": float(np.linalg.norm(first - second)),
        "second_ink": float(np.mean(to_second < to_first)),
    }


def _rim(strokes: Strokes) -> dict[str, float]:
    """How far the letters' rim strays from a blend of ink and ground, in contrasts: drawn letters are blended in."""
    names = ("rim_off", "rim_share")
    ink = strokes.ink()
    glyphs = strokes.glyphs.astype(np.uint8)
    rim = (
        cv2.dilate(glyphs, np.ones((3, 3), np.uint8)) > cv2.erode(glyphs, np.ones((3, 3), np.uint8))
    ) & strokes.box
    if ink is None or rim.sum() < 30:
        return dict.fromkeys(names, -1.0)
    ground = strokes.ground[rim].astype(np.float32)
    way = ink - ground
    length = np.maximum((way**2).sum(axis=1), 100.0)
    seen = strokes.rgb[rim].astype(np.float32) - ground
    share = (seen * way).sum(axis=1) / length
    off = np.linalg.norm(seen - share[:, None] * way, axis=1) / np.sqrt(length)
    between = (share > 0.1) & (share < 0.9)
    return {
        "rim_off": float(np.median(off[between])) if between.sum() >= 10 else -1.0,
        "rim_share": float(between.mean()),
    }


def _veil(strokes: Strokes) -> dict[str, float]:
    """What the ink does with the changes of its ground."""
    blend = veil(strokes)
    if blend is None:
        return {"veil_through": -2.0, "veil_agreement": -2.0, "veil_variation": -1.0}
    return {
        "veil_through": float(np.clip(blend.through, -1.5, 1.5)),
        "veil_agreement": blend.agreement,
        "veil_variation": blend.variation,
    }


def _correlation(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Pearson's r; 0 where either is constant."""
    spread = float(one.std() * other.std())
    return float(((one - one.mean()) * (other - other.mean())).mean()) / spread if spread > 1e-4 else 0.0


def _drift(strokes: Strokes) -> dict[str, float]:
    """How much the ink and the ground change from one end of the text to the other."""
    rows, columns = np.nonzero(strokes.glyphs)
    if len(rows) < 40:
        return {"ink_drift": -1.0, "ground_drift": -1.0}
    axis = columns if np.ptp(columns) >= np.ptp(rows) else rows
    parts = np.clip((axis - axis.min()) * 4 // max(np.ptp(axis) + 1, 1), 0, 3)
    inks = strokes.rgb[rows, columns].astype(np.float32)
    grounds = strokes.ground[rows, columns].astype(np.float32)
    present = [part for part in range(4) if (parts == part).sum() > 8]

    def spread(values: NDArray[np.float32]) -> float:
        medians = [np.median(values[parts == part], axis=0) for part in present]
        return float(np.std(medians, axis=0).mean()) if len(medians) > 1 else -1.0

    return {"ink_drift": spread(inks), "ground_drift": spread(grounds)}


def _lie(strokes: Strokes) -> dict[str, float]:
    """Whether the lines of letters lie exactly level: the angle that makes their row sums steepest."""
    glyphs = strokes.glyphs.astype(np.float32)
    if strokes.box.any() and np.ptp(np.nonzero(strokes.box)[1]) < np.ptp(np.nonzero(strokes.box)[0]):
        glyphs = np.ascontiguousarray(glyphs.T)
    high, wide = glyphs.shape
    sharpest: dict[float, float] = {}
    for angle in LEANS:
        slope = float(np.tan(np.radians(angle)))
        lean = np.array([[1, 0, 0], [slope, 1, -slope * wide / 2]], np.float32)
        sums = cv2.warpAffine(glyphs, lean, (wide, high)).sum(axis=1)
        sharpest[angle] = float((np.diff(sums) ** 2).sum())
    best = max(sharpest, key=lambda angle: (sharpest[angle], -abs(angle)))
    return {"lean": abs(best), "level": sharpest[0.0] / max(sharpest[best], 1e-3)}


def _elsewhere(strokes: Strokes, scene: Scene) -> dict[str, float]:
    """How common the ink's colour is in the rest of the photo."""
    if not strokes.glyphs.any():
        return {"ink_elsewhere": -1.0}
    tone = np.median(strokes.rgb[strokes.glyphs], axis=0)
    alike = cv2.inRange(scene.view, tone - 20, tone + 20)
    return {"ink_elsewhere": cv2.countNonZero(alike) / alike.size}


def _edges(strokes: Strokes, scene: Scene) -> dict[str, float]:
    """How crisp the letters are, by themselves and against the photo."""
    acuity = scene.acuity[strokes.window]
    size = (acuity.shape[1], acuity.shape[0])
    box = cv2.resize(strokes.box.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    there = acuity[box & np.isfinite(acuity)]
    soft, crisp, best = np.percentile(there, (25, 75, 95)).tolist() if there.size > 10 else (-1.0,) * 3
    return {
        "crisp": crisp,
        "crisp_least": soft,
        "crisp_most": best,
        "crisp_over_photo": crisp - scene.sharpness,
        "photo_sharpness": scene.sharpness,
        "edge_share": float(there.size / max(box.sum(), 1)),
    }


def _ground(strokes: Strokes, region: Region, scene: Scene) -> dict[str, float]:
    """What is under and around the letters: backdrop, product, or a shape of their own."""
    rgb = strokes.rgb.astype(np.float32)
    near = cv2.dilate(strokes.glyphs.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    under, around = strokes.box & ~near, ~strokes.box
    if under.sum() < 8:
        under = strokes.box
    inner = np.median(rgb[under], axis=0) if under.any() else np.zeros(3, np.float32)
    outer = np.median(rgb[around], axis=0) if around.any() else inner
    gray = np.asarray(cv2.cvtColor(strokes.rgb, cv2.COLOR_RGB2GRAY), np.float32)
    fine = np.abs(cv2.Laplacian(gray, cv2.CV_32F))
    core = strokes.glyphs
    scaled = region.quad * scene.scale
    high, wide = scene.backdrop.shape
    left, top = np.clip(np.floor(scaled.min(axis=0)).astype(int) - 3, 0, (wide - 1, high - 1))
    right, bottom = np.clip(np.ceil(scaled.max(axis=0)).astype(int) + 4, 1, (wide, high))
    frame: NDArray[np.float32] = scene.backdrop[top:bottom, left:right]
    rims = [frame[0], frame[-1], frame[:, 0], frame[:, -1]] if frame.size else [np.zeros(1)]
    bare = [float(rim.mean()) for rim in rims]
    return {
        "ground_spread": float(np.median(np.abs(rgb[under] - inner))) if under.any() else 0.0,
        "ground_range": float(np.ptp(np.percentile(gray[under], (5, 95)))) if under.any() else 0.0,
        "around_range": float(np.ptp(np.percentile(gray[around], (5, 95)))) if around.any() else 0.0,
        "ground_change": float(np.linalg.norm(inner - outer)),
        "ground_light": float(inner.mean()),
        "ground_fine": float(np.median(fine[under])) if under.any() else 0.0,
        "ink_fine": float(np.median(fine[core])) if core.any() else 0.0,
        "backdrop_rim": float(np.concatenate(rims).mean()),
        "backdrop_least": min(bare),
        "backdrop_most": max(bare),
        "backdrop_share": scene.backdrop_share,
    }


def _shape(shape: Shape | None) -> dict[str, float]:
    """The banner, badge or label the text stands on, if any."""
    names = ("area", "solidity", "over_text", "spread", "step", "sides")
    return {f"shape_{name}": -1.0 if shape is None else float(getattr(shape, name)) for name in names}


def compare(described: Sequence[Features]) -> list[Features]:
    """Each text's features with how far it stands apart from the photo's other texts in some of them.

    Print comes in families of one sharpness, angle, and ink; what was laid over it is the stranger.
    Alone on its photo, a text is compared with nothing: the differences are 0 and ``others`` is 0.
    """
    result: list[Features] = []
    for number, own in enumerate(described):
        others = [other for place, other in enumerate(described) if place != number]
        apart = {
            f"{name}_apart": own[name] - float(np.median([other[name] for other in others]))
            if others
            else 0.0
            for name in COMPARED
        }
        same_ink = [abs(own["ink_light"] - other["ink_light"]) < 15
                    and abs(own["ink_colourful"] - other["ink_colourful"]) < 15 for other in others]  # fmt: skip
        result.append({**own, **apart, "same_ink": float(np.mean(same_ink)) if others else -1.0})
    return result
