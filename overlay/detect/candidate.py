"""A place that may hold an overlay, and which finder saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from models.contract import Region
from overlay.mask.strokes import Strokes


class Source(StrEnum):
    """Who proposed a candidate. The decision may trust each differently: every one has its own mistakes.

    DETECTOR: the text detector at its usual scale.
    CLOSER: the text detector on a larger copy; it takes some texture for text.
    FARTHER: the text detector on a small copy: titles too large for it at its usual scale.
    ALONG: the text detector on a levelled strip along a slanted line of which it saw a part.
    LARGE: the text detector's box around something large and compact, in which see-through strokes were found.
    REPEATED: one mark all over the photo, by its period; the quad is the whole photo.
    LAID: the overlay map, where no text was seen: signs without letters, and letters that the detector misses.
    """

    DETECTOR = "detector"
    CLOSER = "closer"
    FARTHER = "farther"
    ALONG = "along"
    LARGE = "large"
    REPEATED = "repeated"
    LAID = "laid"


@dataclass(frozen=True, slots=True)
class Candidate(Region):
    """A region with what its finder knows of it; whoever takes regions takes candidates.

    Attributes:
        source: who proposed it.
        strokes: its letters where the finder drew them itself; None lets ``find_strokes`` look.
        evidence: what the finder measured, by name; the same names for all candidates of a source.
    """

    source: Source = Source.DETECTOR
    strokes: Strokes | None = None
    evidence: Mapping[str, float] = field(default_factory=dict)
