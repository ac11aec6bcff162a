"""What a step made of an image, and how far two such results are apart."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gates.metrics.similarity.psnr import psnr
from line.picture import Edited, Flagged, Mask, Picture, Publishable, Refused, Rgb
from records.outcomes import Result
from tasks.runner.execute import Attempted


@dataclass(frozen=True, slots=True)
class Apart:
    """How far one picture or mask is from another of the same size.

    Attributes:
        most: greatest difference of a value, levels of 255.
        psnr: dB, 100 where equal.
        share: of the pixels that differ at all.
    """

    most: int
    psnr: float
    share: float


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What a step made of an image.

    Attributes:
        verdict, reasons: as in the record; ``reasons`` are the codes of limits that were broken.
        rgb: [H, W, 3] uint8, or None where there is no picture.
        mask: what it left to be edited.
        data: the file, where one is delivered.
    """

    verdict: str
    reasons: tuple[str, ...] = ()
    rgb: Rgb | None = None
    mask: Mask | None = None
    data: bytes | None = None


def made_of(tried: Attempted) -> Made:
    """What an attempt made, in the record's words."""
    outcome = tried.outcome
    codes = tuple(reason.code for reason in tried.verdict.reasons)
    if isinstance(outcome, Refused):
        return Made(Result.REFUSE.value)
    if isinstance(outcome, Flagged):
        made = Made(Result.FLAG.value)
        return made if outcome.picture is None else replace(made, **_pixels(outcome.picture))
    verdict = (Result.FLAG if codes else Result.PASS).value
    if isinstance(outcome, Publishable) and not codes:
        return Made(verdict, rgb=outcome.rgb, data=outcome.data)
    if isinstance(outcome, Publishable) and isinstance(tried.loaded.subject, Picture):  # not delivered
        return Made(verdict, codes, rgb=tried.loaded.subject.rgb)
    if isinstance(outcome, Edited):
        return Made(verdict, codes, **_pixels(outcome.picture))
    return Made(Result.FAIL.value)


def _pixels(picture: Picture) -> Mapping[str, Any]:
    mask = picture.mask if picture.mask is not None and picture.mask.any() else None
    return {"rgb": picture.rgb, "mask": mask}


def apart(one: Rgb | None, other: Rgb | None) -> Apart | None:
    """How far ``other`` is from ``one``, both [H, W, 3] uint8; None where they cannot be compared."""
    if one is None or other is None or one.shape != other.shape:
        return None
    difference = np.abs(one.astype(np.int16) - other)
    return Apart(int(difference.max()), psnr(one, other), float(difference.any(axis=2).mean()))


def unlike(one: Made, other: Made, *, masks: bool) -> tuple[str, ...]:
    """What of ``other`` is not as in ``one``, in words."""
    said = []
    if (one.verdict, set(one.reasons)) != (other.verdict, set(other.reasons)):
        said.append(f"verdict {_verdict(other)} instead of {_verdict(one)}")
    if (one.rgb is None) != (other.rgb is None):
        said.append("no picture" if other.rgb is None else "a picture where there was none")
    elif one.rgb is not None and other.rgb is not None:
        if one.rgb.shape != other.rgb.shape:
            said.append(f"size {_size(other.rgb)} instead of {_size(one.rgb)}")
        elif not np.array_equal(one.rgb, other.rgb):
            said.append("pixels")
        elif one.data != other.data:
            said.append("bytes of the file, with the same pixels")
    if masks and not _same_mask(one.mask, other.mask):
        said.append("mask")
    return tuple(said)


def _same_mask(one: Mask | None, other: Mask | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _verdict(made: Made) -> str:
    return f"{made.verdict} ({', '.join(made.reasons)})" if made.reasons else made.verdict


def _size(rgb: Rgb) -> str:
    return f"{rgb.shape[1]} × {rgb.shape[0]}"
