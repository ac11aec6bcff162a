"""Admit: decode a vendor's file to upright 8-bit sRGB, or say why it cannot be used."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from imaging.codec import Codec
from imaging.damage import Damage
from imaging.limits import Limits
from imaging.refusal import RefusedError
from line.facts import Facts
from line.picture import Edited, Flagged, Original, Outcome, Picture, Refused
from tasks.transform import transform
from worker.queues import Queue

_MIN_GREY_ROWS = 16
"""Minimum rows of the fill colour for missing data (two rows of blocks); no photo ends in so much of it."""

Count = Annotated[int, Field(ge=1)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class AdmitParams(BaseModel):
    """The parameters of ``admit``.

    Attributes:
        max_pixels: maximum width times height, checked in the header.
        max_bytes: maximum size of the file.
        max_side, min_side: maximum and minimum side, in pixels.
        background: #rrggbb behind transparent pixels.
        frames: animations and multi-page files are refused, or their first picture is taken.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    max_pixels: Count = 64_000_000
    max_bytes: Count = 64_000_000
    max_side: Count = 20_000
    min_side: Count = 16
    background: Colour = "#ffffff"
    frames: Literal["refuse", "first"] = "refuse"


@transform(queue=Queue.ADMIT, edits=False, params=AdmitParams)
def admit(originals: Sequence[Original], model: Any, codec: Codec, **params: Any) -> list[Outcome]:
    """Decode each original to upright 8-bit sRGB with its facts, or refuse it; see :class:`AdmitParams`."""
    given = AdmitParams(**params)
    limits = Limits(
        given.max_bytes, given.max_pixels, given.max_side, given.min_side, first_frame=given.frames == "first"
    )
    return [_admit(original, codec, limits, given.background) for original in originals]


def _admit(original: Original, codec: Codec, limits: Limits, background: str) -> Outcome:
    try:
        decoded = codec.decode(original.name, original.data, limits=limits, background=background)
    except RefusedError as error:
        return Refused(error.reason, error.sentence)
    picture = Picture(original.name, decoded.rgb, facts=original.facts | decoded.facts)
    if not original.facts.accepted and (fault := _fault(decoded.facts, picture.height)):
        reason, sentence = fault
        return Flagged(reason, sentence, picture=picture)
    return Edited(picture)


def _fault(facts: Facts, height: int) -> tuple[str, str] | None:
    """Reason and sentence where the file is not whole, though it can be decoded."""
    missing = facts.grey_rows or 0
    if missing >= _MIN_GREY_ROWS:
        return (
            "data_missing",
            f"The lowest {missing} of {height} rows are an even grey, as a JPEG decodes whose data break off.",
        )
    if facts.scans_missing:
        return (
            "scans_missing",
            "The progressive JPEG holds only its first scans, so the picture is less sharp than it was.",
        )
    if facts.damage is not None:
        return "data_damaged", Damage(facts.damage.message, facts.damage.row).sentence
    return None
