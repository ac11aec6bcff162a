"""A recorded step run again from the input that was kept, and held against what was recorded."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gates.measures.psnr import psnr
from line.photo import intermediate
from line.photo.publish import decode
from line.picture import Edited, Flagged, Mask, Picture, Publishable, Refused, Rgb
from line.settings import settings
from models.contract import Model
from records.bucket import bucket
from records.history import Past
from records.outcomes import Result
from tasks.attempt import Attempted, attempt
from tasks.registry import registry
from tasks.store import Loaded, read
from worker.made_with import installed, made_with
from worker.residents import resident


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


@dataclass(frozen=True, slots=True)
class Run:
    """One more run, held against the record.

    Attributes:
        same: verdict, pixels, mask and file are the recorded ones, bit for bit.
        apart: how far the pixels are; None where there are none, or of another size.
        unlike: what is not as recorded, in words; empty where all is.
    """

    same: bool
    apart: Apart | None
    unlike: tuple[str, ...]
    verdict: str
    seconds: float


class Reproduction:
    """A recorded step, ready to be run again in this process.

    Raises:
        ModelError: its model is not ready here.
        MissingObjectError: what went in or what came out is gone from the bucket.
        OriginalReplacedError: the original is no longer the file that was taken.
    """

    def __init__(self, past: Past) -> None:
        self.past = past
        self.transform = registry().get(past.transform)
        self.step = past.recipe.steps[past.position]
        self.options = past.recipe.options_of(self.step)
        self.model: Model | None = None
        if self.step.model and self.transform.task:
            self.model = resident(self.step.model, self.transform.task, self.options)
        self.recorded = recorded(past)
        self.first: Made | None = None
        self.agree = True
        """Whether all runs so far made the same."""

    def run(self) -> Run:
        """Once more from the input."""
        began = time.perf_counter()
        (tried,) = attempt(self.transform, self.model, self.step, self.past.recipe, [self._loaded()])
        seconds = time.perf_counter() - began
        made = made_of(tried)
        self.first = self.first or made
        self.agree = self.agree and not unlike(self.first, made, masks=True)
        differing = unlike(self.recorded, made, masks=bool(self.past.made_with))
        return Run(not differing, apart(self.recorded.rgb, made.rgb), differing, made.verdict, seconds)

    def elsewise(self) -> dict[str, tuple[Any, Any]]:
        """What is not as it was then: name → (then, now). Asked after a run, when all libraries are loaded."""
        then, now = self.past.made_with, made_with(self.model, self.options)
        pairs: dict[str, tuple[Any, Any]] = {
            "revision": (self.past.revision, self.model.revision if self.model else None),
            "device": (self.past.device, settings().device),
        }
        if self.past.stale:
            pairs["vendor"] = (self.past.stale, "left out")
        for key in ("weights", "hardware", "threads"):
            if key in then:
                pairs[key] = (then[key], now.get(key))
        for library, release in then.get("libraries", {}).items():
            pairs[library] = (release, installed(library))
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _loaded(self) -> Loaded:
        """As the step found it; the record's note of the vendor gives way to the facts themselves."""
        told = dict(self.past.told) or None
        return read(bucket(settings().bucket), self.past.image, self.past.seed, told)


def recorded(past: Past) -> Made:
    """What the record and the bucket keep of a step."""
    store = bucket(settings().bucket)
    made = Made(past.verdict, past.reasons)
    if registry().get(past.transform).delivers and past.verdict == Result.PASS and past.file:
        data = bucket(past.out).get(past.file)
        return replace(made, rgb=decode(data), data=data)
    if past.output is None:
        return made
    mask = intermediate.decode_mask(store.get(past.output_mask)) if past.output_mask else None
    return replace(made, rgb=intermediate.decode_rgb(store.get(past.output)), mask=mask)


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
