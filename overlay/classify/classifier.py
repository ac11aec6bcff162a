"""Every piece of text of one photo, with the probability that it was laid over it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from line.facts import RecordedRegion
from line.picture import Rgb
from models.contract import Region
from overlay.classify.context_features import company
from overlay.classify.decision import as_odds, as_probability, company_odds, overlay_odds
from overlay.classify.features import Features, compare, describe
from overlay.classify.repeated_style import stand_again
from overlay.detect.candidate import Candidate, Source
from overlay.detect.multiscale_detections import Looks
from overlay.detect.segmentation_regions import find_laid, ground_chance, is_laid
from overlay.detect.slanted_lines import NEW, area, follow, holds, shared, tilt
from overlay.detect.tiled_watermark import find_repeated
from overlay.mask.panel import Shape, find_inner, find_shape
from overlay.mask.strokes import Strokes, find_strokes, sides
from overlay.mask.translucent_panel import find_band
from overlay.mask.transparency import may_be_veil, veiled
from overlay.segment.overlay_map import Map, pixels
from overlay.segment.scene import Scene, look
from overlay.templates.recurring import box_of, rounded

WHOLE = 0.2
"""A compact box over more than this share of a photo is an object that the detector took for text."""
FAINT = 28.0
"""Contrast in levels (Euclidean over RGB) below which nothing is erased without a person."""
BADGE = 2.5
"""Area over that of the text's box up to which a shape is what the detector framed."""
CLOSER = 3
"""Halves of the limit for the closer look."""
FARTHER = (2, 3)
"""The limit over those of the farther looks."""
BY_ITSELF = 0.88
"""Probability by itself below which no company makes an overlay sure: print that stands together is print."""
WHOSE = 0.5
"""Probability by itself below which a text is rather print."""
ALL_OVER = 0.85
"""Probability of an overlay where one mark lies over a whole photo or thing: printed cloth may look so as well."""
UNSEEN = 0.065
"""Mean chance of the overlay map below which the ground of a text was not laid over the photo. Of 21 plain grounds of
things on the tuning photos 17 have less, and none of the banners with an unclear outline, drawn or real."""
WORTH = 0.3
"""Probability from which letters are worth a second drawing."""
ONE_COLOUR = 0.75
"""Share of the ink within some levels of its middle from which it is of one colour."""
CLEAR = 0.42
"""Likeness to ink from which letters are drawn well already: a second drawing could only be of a part."""
MARKS = (Source.REPEATED, Source.LARGE)
"""Candidates that are no line of text."""
FRAMED = 0.65
"""Score from which a framed thing may be large letters."""
SEEN_OVER = 0.25
"""Chance by the overlay map, in the twentieth of a framed thing where it is highest, from which a mark lies over it. A
real one has .5; of 265 photos without any four had strokes of one blend, and but one of them more than .17."""
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
        probability: of being an overlay, 0..1, once the photo's other texts are heard.
        alone: the same by itself.
        is_again: whether it is one of several of one slant and ink, as a mark all over a photo is.
        ground: chance of the overlay map that the ground of the letters was laid over the photo too; -1 where none
            can be seen.
    """

    region: Candidate
    strokes: Strokes
    shape: Shape | None
    features: Features
    probability: float
    alone: float
    is_again: bool
    ground: float

    @cached_property
    def is_faint(self) -> bool:
        """Whether it is like a watermark: hardly different from its ground, seen through, or all over the photo."""
        if self.region.source is Source.REPEATED or self.is_again:
            return True
        drawn = self.shape if self.shape is not None and self.shape.is_drawn else None
        if drawn is not None and drawn.over_text < BADGE:
            return False  # a whole badge was framed, and its letters may have been missed
        if self.strokes.contrast < FAINT:
            return True
        if drawn is not None:
            return False  # its even ground would show no blend: strays do
        return may_be_veil(self.strokes)

    @property
    def leaves_ground(self) -> bool:
        """Whether taking the letters alone would leave an empty banner behind whose outline is not clear."""
        change, spread = self.features["ground_change"], self.features["ground_spread"]
        own = (change > 30 and spread < 4) or (change > 50 and spread < 8.5)
        if 0 <= self.ground < UNSEEN:
            return False  # letters on a thing that is plain there
        return own and not (self.shape is not None and self.shape.is_drawn)

    def to_record(self, size: tuple[int, ...], template: int | None) -> RecordedRegion:
        """As the records keep it.

        Args:
            size: [H, W] or [H, W, 3] of the photo.
            template: id of the vendor template that decided it.
        """
        recorded = RecordedRegion(
            quad=tuple((int(x), int(y)) for x, y in np.rint(self.region.quad)),
            score=round(self.region.score, 3),
            overlay=round(self.probability, 3),
            box=rounded(box_of(self.region.quad, size[1], size[0])),
        )
        return recorded if template is None else recorded.model_copy(update={"template": template})


def read(rgb: Rgb, regions: Sequence[Region], laid: Map) -> list[Reading]:
    """The text among ``regions`` of ``rgb`` [H, W, 3] uint8, in the given order; candidates keep their source.

    ``laid`` is the photo's overlay map.
    """
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
        describe(
            rgb, region, drawn, shape, scene, [region] if region.source is Source.REPEATED else single, laid
        )
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
    alone = [_alone(text, own) for text, own in zip(texts, features, strict=True)]
    chances = _in_company(texts, strokes, alone)
    again = stand_again(
        [text.quad for text in texts],
        [
            drawn.ink() if chance >= WHOSE and text.source not in MARKS else None
            for text, drawn, chance in zip(texts, strokes, chances, strict=True)
        ],
    )
    return [
        Reading(
            region,
            _drawn(region, drawn, own, chance),
            _laid_under(rgb, region, _under(scene, region, drawn, shape), laid),
            own,
            chance,
            by_itself,
            is_again,
            ground_chance(drawn, rgb.shape, laid),
        )
        for region, drawn, shape, own, chance, by_itself, is_again in zip(
            texts, strokes, shapes, features, chances, alone, again, strict=True
        )
    ]


def _drawn(region: Candidate, strokes: Strokes, features: Features, probability: float) -> Strokes:
    """The letters, drawn anew where they are ink that the ground shows through: its colour is not one."""
    if region.strokes is not None or probability < WORTH:
        return strokes
    if features["ink_common"] > ONE_COLOUR or strokes.likeness > CLEAR:
        return strokes
    return veiled(strokes, sides(region.quad)[1]) or strokes


def _under(scene: Scene, region: Candidate, strokes: Strokes, shape: Shape | None) -> Shape | None:
    """The shape under a text; else the one that its box frames; else what has a see-through one's straight edges."""
    if region.source in MARKS:
        return shape
    band = find_band(scene.view, scene.scale, region.quad) if tilt(region.quad) < LEVEL else None
    if shape is not None and shape.is_drawn:
        return band if band is not None and shape.is_part_of(band) else shape
    inner = find_inner(scene.view, scene.scale, region.quad, strokes)
    return inner if inner is not None and inner.is_drawn else band or shape


def _laid_under(rgb: Rgb, region: Candidate, shape: Shape | None, laid: Map) -> Shape | None:
    """The shape under a text, or None where it is a plain part of the scene: trousers, a plank, the sky."""
    if shape is None or not shape.is_drawn or is_laid(shape, region.quad, rgb.shape, laid):
        return shape
    return None


def _alone(text: Candidate, features: Features) -> float:
    """Probability by itself; a mark is known by its period or its blend, but never so surely that no one is asked."""
    return ALL_OVER if text.source in MARKS else as_probability(overlay_odds(features))


def _in_company(
    texts: Sequence[Candidate], strokes: Sequence[Strokes], alone: Sequence[float]
) -> list[float]:
    """Probability of each once the others are heard; a mark all over the photo keeps no company."""
    chances = list(alone)
    single = [place for place, text in enumerate(texts) if text.source not in MARKS]
    heard = company(
        [texts[place].quad for place in single],
        [strokes[place].ink() for place in single],
        [as_odds(alone[place]) for place in single],
    )
    for place, said in zip(single, heard, strict=True):
        chances[place] = as_probability(company_odds(said))
        text = texts[place]
        if text.source is Source.FARTHER and any(
            alone[other] < WHOSE and holds(text, texts[other]) for other in single if other != place
        ):
            chances[place] = min(chances[place], ALL_OVER)  # no title, but something that bears print
    return chances


def find(looks: Looks, limit: int, laid: Map) -> list[Candidate]:
    """The places that may hold an overlay: what the detector sees, what is too large for it, what repeats.

    At a half and a third of the limit titles that fill the photo become text of a usual size, for half the
    time of the first look in all. Small photos are looked at closely from the first: their letters are of few
    pixels, and lost in texture. So is a photo where the detector took a whole thing for text: such a box
    swallows the letters beside the thing; at another scale they usually stand alone. Slanted lines are
    followed to their ends. Last come the places of the overlay map ``laid`` that none of these covers.
    """
    rgb, close = looks.rgb, limit * CLOSER // 2
    is_small = max(rgb.shape[:2]) <= limit
    first = looks.at(close if is_small else limit)
    texts = [as_candidate(region) for region in first if not is_object(rgb, region)]
    things = [region for region in first if is_object(rgb, region)]
    scales = [(limit // times, Source.FARTHER) for times in FARTHER]
    if things:
        scales.append((limit if is_small else close, Source.CLOSER))
    for scale, source in scales:
        for region in looks.at(scale):
            if not is_object(rgb, region) and not any(_overlap(region, known) for known in texts):
                texts.append(as_candidate(region, source))
    lines = follow(rgb, looks.finder, texts)
    texts = [text for text in texts if not any(holds(line, text) for line in lines)]
    texts += [as_candidate(line, Source.ALONG) for line in lines]
    texts += [mark for thing in things if (mark := _over(rgb, thing, laid)) is not None]
    texts += find_laid(laid, rgb.shape, [text.quad for text in texts])
    mark = find_repeated(rgb)
    return texts if mark is None else [*texts, mark]


def _over(rgb: Rgb, thing: Region, laid: Map) -> Candidate | None:
    """A large see-through mark over the thing that the detector framed, if its strokes fit one blend.

    Shadows and folds fit one too, so the overlay map ``laid`` must see it somewhere.
    """
    if thing.score < FRAMED:
        return None
    found = find_strokes(rgb, thing.quad)
    if np.percentile(pixels(laid, rgb.shape, found.window), 95) < SEEN_OVER:
        return None
    strokes = veiled(found, sides(thing.quad)[1])
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
