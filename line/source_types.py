"""IPTC digital source types: how a picture came about, and which of several statements outweighs the others.

The codes are the NewsCodes of http://cv.iptc.org/newscodes/digitalsourcetype/ (IPTC Photo Metadata Standard,
property DigitalSourceType).
"""

from collections.abc import Iterable
from typing import Final

URI: Final = "http://cv.iptc.org/newscodes/digitalsourcetype/"
HUMAN_EDITS: Final = "humanEdits"
ENHANCED: Final = "algorithmicallyEnhanced"
COMPOSITE_GENERATED: Final = "compositeWithTrainedAlgorithmicMedia"
GENERATED: Final = "trainedAlgorithmicMedia"

_ASCENDING: Final = (
    # captured or drawn, as it was
    ("digitalCapture", "computationalCapture", "negativeFilm", "positiveFilm", "print", "screenCapture"),
    ("minorHumanEdits", HUMAN_EDITS, "digitalArt", "digitalCreation"),
    (ENHANCED,),
    ("composite", "compositeCapture", "dataDrivenMedia", "virtualRecording", "softwareImage"),
    ("algorithmicMedia", "compositeSynthetic"),
    (COMPOSITE_GENERATED,),
    (GENERATED,),
)
_STRENGTH: Final = {code: rank for rank, codes in enumerate(_ASCENDING) for code in codes}
_UNKNOWN_STRENGTH: Final = _STRENGTH[COMPOSITE_GENERATED] - 0.5
"""A code that this version does not know outweighs all but generative media, so that it is not lowered."""

CODES: Final = frozenset(_STRENGTH)


def strength(code: str) -> float:
    """Rank of a code; a higher one says more about machine involvement."""
    return _STRENGTH.get(code, _UNKNOWN_STRENGTH)


def strongest(codes: Iterable[str]) -> str | None:
    """The code with the highest rank, the first of equals; None where there is none."""
    return max(codes, key=strength, default=None)
