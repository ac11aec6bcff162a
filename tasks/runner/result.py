"""What a step made of an image, and how far two such results are apart."""

from dataclasses import dataclass, replace

import numpy as np

from gates.metrics.similarity.psnr import psnr
from line.picture import Edited, Flagged, Mask, Picture, Publishable, Refused, Rgb
from records.step_results import Result
from tasks.runner.types import Attempt


@dataclass(frozen=True, slots=True)
class Difference:
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
class StepOutput:
    """What a step made of an image.

    Attributes:
        verdict, reasons: as in the record; ``reasons`` are the codes of limits that were broken.
        rgb: [H, W, 3] uint8, or None where there is no picture.
        mask: [H, W] uint8 that it left to be edited; None where that is empty.
        data: the file, where one is delivered.
    """

    verdict: str
    reasons: tuple[str, ...] = ()
    rgb: Rgb | None = None
    mask: Mask | None = None
    data: bytes | None = None

    def with_picture(self, picture: Picture) -> "StepOutput":
        """The same with the pixels and the mask of a picture."""
        mask = picture.mask if picture.mask is not None and picture.mask.any() else None
        return replace(self, rgb=picture.rgb, mask=mask)


def output_of(attempt: Attempt) -> StepOutput:
    """What an attempt made, in the words of the records."""
    outcome, subject = attempt.outcome, attempt.loaded.subject
    codes = tuple(reason.code for reason in attempt.verdict.reasons)
    judged = StepOutput((Result.FLAG if codes else Result.PASS).value, codes)
    match outcome:
        case Refused():
            return StepOutput(Result.REFUSE.value)
        case Flagged(picture=picture):
            flagged = StepOutput(Result.FLAG.value)
            return flagged if picture is None else flagged.with_picture(picture)
        case Publishable() if not codes:
            return replace(judged, rgb=outcome.rgb, data=outcome.data)
        case Publishable() if isinstance(subject, Picture):  # not delivered
            return replace(judged, rgb=subject.rgb)
        case Edited(picture=edited):
            return judged.with_picture(edited)
        case _:
            return StepOutput(Result.FAIL.value)


def difference(one: Rgb | None, other: Rgb | None) -> Difference | None:
    """How far ``other`` is from ``one``, both [H, W, 3] uint8; None where they cannot be compared."""
    if one is None or other is None or one.shape != other.shape:
        return None
    levels = np.abs(one.astype(np.int16) - other)
    return Difference(int(levels.max()), psnr(one, other), float(levels.any(axis=2).mean()))


def differences(one: StepOutput, other: StepOutput, *, masks: bool) -> tuple[str, ...]:
    """What of ``other`` is not as in ``one``, in words."""
    words = []
    if (one.verdict, set(one.reasons)) != (other.verdict, set(other.reasons)):
        words.append(f"verdict {_verdict(other)} instead of {_verdict(one)}")
    if (one.rgb is None) != (other.rgb is None):
        words.append("no picture" if other.rgb is None else "a picture where there was none")
    elif one.rgb is not None and other.rgb is not None:
        if one.rgb.shape != other.rgb.shape:
            words.append(f"size {_size(other.rgb)} instead of {_size(one.rgb)}")
        elif not np.array_equal(one.rgb, other.rgb):
            words.append("pixels")
        elif one.data != other.data:
            words.append("bytes of the file, with the same pixels")
    if masks and not _is_same_mask(one.mask, other.mask):
        words.append("mask")
    return tuple(words)


def _is_same_mask(one: Mask | None, other: Mask | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _verdict(output: StepOutput) -> str:
    return f"{output.verdict} ({', '.join(output.reasons)})" if output.reasons else output.verdict


def _size(rgb: Rgb) -> str:
    return f"{rgb.shape[1]} × {rgb.shape[0]}"
