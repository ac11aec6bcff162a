"""Every piece of text of one photo, with the probability that it was laid over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from line.picture import Rgb
from models.contract import Region, TextFinder
from tasks.overlay.along import NEW, area, follow, holds, shared, tilt
from tasks.overlay.band import find_band
from tasks.overlay.candidate import Candidate, Source
from tasks.overlay.decision import overlay_probability
from tasks.overlay.features import Features, compare, describe
from tasks.overlay.opacity import veil, veiled
from tasks.overlay.repeated import find_repeated
from tasks.overlay.scene import Scene, look
from tasks.overlay.shape import Shape, find_inner, find_shape
from tasks.overlay.strokes import Strokes, find_strokes, sides

WHOLE = 0.2
"""A compact box over more than this share of a photo is an object that the detector took for text."""
FAINT = 28.0
"""Contrast in levels (Euclidean over RGB) below which nothing is erased without a person."""
CLOSER = 3
"""Halves of the limit for the closer look."""
FARTHER = (2, 3)
"""The limit over those of the farther looks."""
ALL_OVER = 0.85
"""Probability of an overlay where one mark lies over a whole photo or thing: printed cloth may look so as well."""
WORTH = 0.3
"""Probability from which letters are worth a second drawing."""
ONE_COLOUR = 0.75
"""Share of the ink within some levels of its middle from which it is of one colour."""
FRAMED = 0.65
"""Score from which a framed thing may be large letters."""
LEVEL = 2.0
"""Degrees within which a text is level."""
COMPACT = 3.0
"""Length over height below which a box is compact."""


@dataclass(frozen=True, eq=False)
class Reading:
    """One piece of text.

    Attributes:
        region: where it is and which finder saw it.
        strokes: its letters.
        shape: the banner, badge or label under it, if any.
        features: what the decision was made on.
        probability: of being an overlay, 0..1.
    """

    region: Candidate
    strokes: Strokes
    shape: Shape | None
    features: Features
    probability: float

    @property
    def is_faint(self) -> bool:
        """Whether it is like a watermark: hardly different from its ground, seen through, or all over the photo."""
        if self.strokes.contrast < FAINT or self.region.source is Source.REPEATED:
            return True
        if self.shape is not None and self.shape.is_drawn:  # its even ground would show no blend: strays do
            return False
        blend = veil(self.strokes)
        return blend is not None and blend.is_seen_through

    @property
    def leaves_ground(self) -> bool:
        """Whether taking the letters alone would leave an empty banner behind whose outline is not clear."""
        own = self.features["ground_change"] > 30 and self.features["ground_spread"] < 4
        return own and not (self.shape is not None and self.shape.is_drawn)

    def as_fact(self) -> dict[str, Any]:
        """JSON for the records: corners in pixels, the detector's score, the probability."""
        return {
            "quad": np.rint(self.region.quad).astype(int).tolist(),
            "score": round(self.region.score, 3),
            "overlay": round(self.probability, 3),
        }


def read(rgb: Rgb, regions: Sequence[Region]) -> list[Reading]:
    """The text among ``regions`` of ``rgb`` [H, W, 3] uint8, in the given order; candidates keep their source."""
    texts = [
        as_candidate(region)
        for region in regions
        if isinstance(region, Candidate) or not is_object(rgb, region)
    ]
    if not texts:
        return []
    scene = look(rgb)
    strokes = [region.strokes or find_strokes(rgb, region.quad) for region in texts]
    shapes = [
        None if region.source is Source.REPEATED else find_shape(scene.view, scene.scale, region.quad, drawn)
        for region, drawn in zip(texts, strokes, strict=True)
    ]
    # a mark all over the photo is compared with no text, and no text with it
    single = [region for region in texts if region.source is not Source.REPEATED]
    described = [
        describe(rgb, region, drawn, shape, scene, [region] if region.source is Source.REPEATED else single)
        for region, drawn, shape in zip(texts, strokes, shapes, strict=True)
    ]
    compared = iter(
        compare(
            [
                one
                for one, region in zip(described, texts, strict=True)
                if region.source is not Source.REPEATED
            ]
        )
    )
    features = [
        next(compared) if region.source is not Source.REPEATED else compare([one])[0]
        for one, region in zip(described, texts, strict=True)
    ]
    chances = [_probability(region, own) for region, own in zip(texts, features, strict=True)]
    return [
        Reading(region, _drawn(region, drawn, own, chance), _under(scene, region, drawn, shape), own, chance)
        for region, drawn, shape, own, chance in zip(texts, strokes, shapes, features, chances, strict=True)
    ]


def _drawn(region: Candidate, strokes: Strokes, features: Features, probability: float) -> Strokes:
    """The letters, drawn anew where they are ink that the ground shows through: its colour is not one."""
    if region.strokes is not None or probability < WORTH or features["ink_common"] > ONE_COLOUR:
        return strokes
    return veiled(strokes, sides(region.quad)[1]) or strokes


def _under(scene: Scene, region: Candidate, strokes: Strokes, shape: Shape | None) -> Shape | None:
    """The shape under a text; else the one that its box frames; else what has a see-through one's straight edges."""
    if region.source in (Source.REPEATED, Source.LARGE) or (shape is not None and shape.is_drawn):
        return shape
    inner = find_inner(scene.view, scene.scale, region.quad, strokes)
    if inner is not None and inner.is_drawn:
        return inner
    band = find_band(scene.view, scene.scale, region.quad) if tilt(region.quad) < LEVEL else None
    return band or shape


def _probability(region: Candidate, features: Features) -> float:
    """The decision's; a mark is known by its period or its blend, but never so surely that no one is asked."""
    return ALL_OVER if region.source in (Source.REPEATED, Source.LARGE) else overlay_probability(features)


def find(rgb: Rgb, finder: TextFinder, limit: int) -> list[Candidate]:
    """The places that may hold an overlay: what the detector sees, what is too large for it, what repeats.

    At a half and a third of the limit titles that fill the photo become text of a usual size, for half the
    time of the first look in all.
    A closer look is taken where the detector took a whole thing for text: such a box swallows the letters
    beside the thing; at another scale they usually stand alone. Slanted lines are followed to their ends.
    """
    first = finder.find(rgb, limit=limit)
    texts = [as_candidate(region) for region in first if not is_object(rgb, region)]
    things = [region for region in first if is_object(rgb, region)]
    looks = [(limit // times, Source.FARTHER) for times in FARTHER]
    if things:
        looks.append((limit * CLOSER // 2, Source.CLOSER))
    for other, source in looks:
        for region in finder.find(rgb, limit=other):
            if not is_object(rgb, region) and not any(_overlap(region, known) for known in texts):
                texts.append(as_candidate(region, source))
    lines = follow(rgb, finder, texts)
    texts = [text for text in texts if not any(holds(line, text) for line in lines)]
    texts += [as_candidate(line, Source.ALONG) for line in lines]
    texts += [mark for thing in things if (mark := _over(rgb, thing)) is not None]
    mark = find_repeated(rgb)
    return texts if mark is None else [*texts, mark]


def _over(rgb: Rgb, thing: Region) -> Candidate | None:
    """A large see-through mark over the thing that the detector framed, if its strokes fit one blend."""
    if thing.score < FRAMED:
        return None
    strokes = veiled(find_strokes(rgb, thing.quad), sides(thing.quad)[1])
    return None if strokes is None else Candidate(thing.quad, thing.score, Source.LARGE, strokes)


def as_candidate(region: Region, source: Source = Source.DETECTOR) -> Candidate:
    """``region`` with its source; a candidate as it is."""
    return region if isinstance(region, Candidate) else Candidate(region.quad, region.score, source)


def _overlap(one: Region, other: Region) -> bool:
    return shared(one.quad, other.quad) > NEW * area(one.quad)


def is_object(rgb: Rgb, region: Region) -> bool:
    """Whether the box frames a whole thing: the detector does that with smooth ground around a product."""
    along, across = sides(region.quad)
    return along * across > WHOLE * rgb.shape[0] * rgb.shape[1] and along < COMPACT * across
