"""Deliver: encode what is shipped, and hold it against the shop's rules."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field

from imaging.encode import Format, decode, encode
from line.picture import Flagged, Outcome, Picture, Publishable, Rgb
from tasks.transform import transform
from worker.queues import Queue

_WHITE = 250  # least level of each channel that still counts as white: JPEG moves 255 by a few
_WHITE_SHARE = 0.95  # of the border; a product may touch an edge
_QUALITY_STEP = 4

Count = Annotated[int, Field(ge=1)]
Length = Annotated[int, Field(ge=0)]
Quality = Annotated[int, Field(ge=50, le=100)]
Aspect = Annotated[str, Field(pattern=r"^([1-9]\d*(\.\d+)?:[1-9]\d*(\.\d+)?)?$")]
Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shop asks of a picture beside its bytes."""

    min_long_side: int
    min_short_side: int
    max_long_side: int
    white_background: bool
    aspect: str
    aspect_tolerance: float

    def broken(self, picture: Picture, white: float) -> Iterator[tuple[str, str]]:
        """Reason and sentence of each rule that ``picture`` breaks; ``white`` is of its border."""
        long, short = picture.long_side, min(picture.width, picture.height)
        if long < self.min_long_side:
            yield "below_min_long_side", f"The longer side is {long} px; {self.min_long_side} are asked for."
        if short < self.min_short_side:
            yield (
                "below_min_short_side",
                f"The shorter side is {short} px; {self.min_short_side} are asked for.",
            )
        if long > self.max_long_side:
            yield (
                "above_max_long_side",
                f"The longer side is {long} px; at most {self.max_long_side} are taken.",
            )
        if self.white_background and white < _WHITE_SHARE:
            yield "background_not_white", f"Only {white:.0%} of the border is white."
        if self.aspect:
            across, down = (float(part) for part in self.aspect.split(":"))
            ratio = picture.width / picture.height
            if abs(ratio * down / across - 1) > self.aspect_tolerance:
                yield "wrong_aspect", f"The sides are {ratio:.3f}:1; {self.aspect} is asked for."


@transform(queue=Queue.DELIVER, edits=False, delivers=True)
def deliver(
    pictures: Sequence[Picture],
    model: Any,
    *,
    format: Literal["jpeg", "png", "webp"] = "jpeg",
    quality: Quality = 92,
    min_quality: Quality = 80,
    dpi: Count = 300,
    min_long_side: Length = 0,
    min_short_side: Length = 0,
    max_long_side: Count = 10_000,
    max_bytes: Count = 10_000_000,
    white_background: bool = False,
    aspect: Aspect = "",
    aspect_tolerance: Share = 0.02,
) -> list[Outcome]:
    """Encode each picture, or flag it where it breaks a rule that no person has waived.

    Args:
        format: jpeg, png or webp.
        quality: of the encoder, 50..100.
        min_quality: how far it may be lowered to fit ``max_bytes``.
        dpi: written into the file, so that a batch of mixed origin leaves with one.
        min_long_side, min_short_side, max_long_side: in pixels.
        max_bytes: of the file.
        white_background: whether the border must be white.
        aspect: width to height, such as "1:1", or empty for any.
        aspect_tolerance: by which share the aspect may differ.
    """
    rules = Rules(min_long_side, min_short_side, max_long_side, white_background, aspect, aspect_tolerance)
    floor = min(quality, min_quality)
    return [
        _deliver(picture, rules, Format(format), (quality, floor), dpi, max_bytes) for picture in pictures
    ]


def _deliver(
    picture: Picture, rules: Rules, form: Format, quality: tuple[int, int], dpi: int, max_bytes: int
) -> Outcome:
    white = white_border(picture.rgb)
    readings = {
        "long_side": float(picture.long_side),
        "aspect": picture.width / picture.height,
        "white_border": white,
    }
    broken = list(rules.broken(picture, white))
    accepted = bool(picture.facts.get("accepted"))
    if broken and not accepted:
        return _flagged(picture, broken, readings)
    data, used = _fit(picture, form, quality, dpi, max_bytes)
    readings |= {"bytes": float(len(data)), "quality": float(used)}
    if len(data) > max_bytes and not accepted:
        size = f"The file has {len(data):,} bytes even at quality {used}; at most {max_bytes:,} are taken."
        return _flagged(picture, [("above_max_bytes", size)], readings)
    return Publishable(data, form.media_type, decode(data), readings)


def _flagged(picture: Picture, broken: list[tuple[str, str]], readings: dict[str, float]) -> Flagged:
    sentences = " ".join(sentence for _, sentence in broken)
    return Flagged(broken[0][0], sentences, picture=picture, readings=readings)


def _fit(
    picture: Picture, form: Format, quality: tuple[int, int], dpi: int, max_bytes: int
) -> tuple[bytes, int]:
    """The encoded picture at the best quality that fits, or at the floor."""
    best, floor = quality
    qualities = [*range(best, floor, -_QUALITY_STEP), floor] if form is not Format.PNG else [best]
    for tried in qualities:
        data = encode(picture.rgb, form, quality=tried, dpi=dpi, synthetic=picture.facts.get("synthetic"))
        if len(data) <= max_bytes:
            break
    return data, tried


def white_border(rgb: Rgb) -> float:
    """Share of white pixels in a frame of one hundredth of the shorter side along the edges, 0..1."""
    height, width = rgb.shape[:2]
    depth = min(max(2, min(height, width) // 100), height, width)
    frame = (
        rgb[:depth],
        rgb[-depth:],
        rgb[depth:-depth, :depth],
        rgb[depth:-depth, -depth:],
    )
    pixels = np.concatenate([part.reshape(-1, 3) for part in frame])
    return float((pixels.min(axis=1) >= _WHITE).mean())
