"""Running a transform on some pictures so that no picture can spoil another, and judging the results."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from gates.contract import GateError, Verdict, judge
from gates.edit import Edit
from gates.metrics.picture.composition import Finder
from gates.metrics.similarity.equivariance import Enlarger
from line.facts import EditNote, Facts
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture, Publishable, Refused, Rgb
from line.recipe import Recipe
from line.source_types import ENHANCED
from models.contract import Task, TextFinder, Upscaler
from models.subject import SubjectFinder
from tasks.recipes import limits_of
from tasks.runner.types import Attempt, Failed, Loaded, PreparedStep
from worker.device_errors import (
    DeviceLostError,
    clear_tracebacks,
    empty_caches,
    is_device_lost,
    is_out_of_memory,
)
from worker.model_cache import ModelCache

log = logging.getLogger(__name__)

_NEVER_WAIVED = frozenset({"provenance"})
"""Gates that also judge a file that a person accepted."""
TILE_SIDES = (512, 256, 128)
"""Tile sizes (pixels) tried in turn when an image does not fit into memory as a whole."""
RESIDUE_LIMIT = 960
"""Long side (pixels) at which the gates look for text that was left."""


@dataclass(frozen=True, slots=True)
class _TextFinder:
    """A detector in the form that the gates use: picture in, boxes [N, 4, 2] float32 out."""

    model: TextFinder

    def __call__(self, rgb: Rgb) -> NDArray[np.float32]:
        regions = self.model.find(rgb, limit=RESIDUE_LIMIT)
        return np.stack([region.quad for region in regions]) if regions else np.zeros((0, 4, 2), np.float32)


@dataclass(frozen=True, slots=True)
class _SubjectFinder:
    """A subject finder in the form that the gates use; its model is loaded when a gate first asks."""

    models: ModelCache
    name: str

    def __call__(self, rgb: Rgb) -> NDArray[np.float32]:
        return cast(SubjectFinder, self.models.get(self.name, Task.SUBJECT)).saliency(rgb)


def execute(prepared: PreparedStep, loaded: Sequence[Loaded]) -> list[Attempt]:
    """Run a step on a micro-batch and put every result through its gates.

    Raises:
        DeviceLostError: this process cannot use its device any more.
        GateError: the recipe sets a limit that no gate has.
    """
    if not loaded:
        return []
    started = time.perf_counter()
    outcomes = run(prepared, loaded)
    seconds_each = (time.perf_counter() - started) / len(loaded)
    return [
        _judged(prepared, item, outcome, seconds_each) for item, outcome in zip(loaded, outcomes, strict=True)
    ]


def _judged(prepared: PreparedStep, item: Loaded, outcome: Outcome | Failed, seconds: float) -> Attempt:
    started = time.perf_counter()
    outcome = _with_source_type(prepared, item, outcome)
    try:
        verdict = _judge(prepared, item, outcome)
    except GateError:
        raise  # the recipe's fault, not this image's
    except Exception as error:  # a result that could not be judged is not shipped
        _raise_if_device_lost(prepared, error)
        name = prepared.transform.name
        extra = {"image": item.subject.name}
        log.exception("the gates of %s failed on %s", name, item.subject.name, extra=extra)
        outcome = Failed(f"the gates of {name} failed: {type(error).__name__}: {error}")
        verdict = Verdict({})
    judging_seconds = time.perf_counter() - started
    return Attempt(item, outcome, verdict, seconds + judging_seconds, judging_seconds)


def run(prepared: PreparedStep, loaded: Sequence[Loaded], halvings: int = 0) -> list[Outcome | Failed]:
    """What a transform makes of a micro-batch, not judged yet.

    Out of memory halves the micro-batch, ``halvings`` times so far; any other fault is pinned on the image it
    belongs to. The readings of each image tell what was done about memory for it.

    Raises:
        DeviceLostError: this process cannot use its device any more.
    """
    try:
        outcomes = prepared.run(loaded)
        if not halvings:
            return list(outcomes)
        return [_with_readings(outcome, {"memory_halved": halvings}) for outcome in outcomes]
    except Exception as error:
        _raise_if_device_lost(prepared, error)
        no_memory = is_out_of_memory(error)
        if no_memory:
            _free_memory(prepared, len(loaded), error)
        if len(loaded) > 1:
            size = (len(loaded) + 1) // 2 if no_memory else 1
            parts = [loaded[i : i + size] for i in range(0, len(loaded), size)]
            return [outcome for part in parts for outcome in run(prepared, part, halvings + no_memory)]
        if no_memory:
            return [_run_in_tiles(prepared, loaded[0], {"memory_halved": halvings})]
        return [_failed(prepared, loaded[0], error)]


def _run_in_tiles(prepared: PreparedStep, item: Loaded, readings: dict[str, float]) -> Outcome | Failed:
    """Run one image that does not fit into memory in ever smaller tiles; a person decides if all fail."""
    attempted = ""
    for side in TILE_SIDES:
        if prepared.model is None or not prepared.model.tiles:
            break
        try:
            with prepared.model.in_tiles(side):
                (outcome,) = prepared.run([item])
            return _with_readings(outcome, readings | {"memory_tile": side})
        except Exception as error:
            _raise_if_device_lost(prepared, error)
            if not is_out_of_memory(error):
                return _failed(prepared, item, error)
            _free_memory(prepared, 1, error, f" in tiles of {side} pixels")
            attempted = f" and in tiles of {side} pixels"
    sentence = f"{prepared.transform.name} ran out of memory on it, even on it alone{attempted}."
    return Flagged("out_of_memory", sentence, readings=readings)


def _with_readings(outcome: Outcome, readings: dict[str, float]) -> Outcome:
    if isinstance(outcome, Refused):
        return outcome
    return replace(outcome, readings={**outcome.readings, **readings})


def _failed(prepared: PreparedStep, item: Loaded, error: Exception) -> Failed:
    name = prepared.transform.name
    extra = {"image": item.subject.name}
    log.error("%s failed on %s", name, item.subject.name, exc_info=error, extra=extra)
    return Failed(f"{name} failed: {type(error).__name__}: {error}")


def _with_source_type(prepared: PreparedStep, item: Loaded, outcome: Outcome | Failed) -> Outcome | Failed:
    """The outcome with the IPTC source type of what the step did to the pixels, where it changed any."""
    if not (prepared.transform.edits and isinstance(outcome, Edited) and isinstance(item.subject, Picture)):
        return outcome
    picture = outcome.picture
    if picture.rgb is item.subject.rgb:
        return outcome
    model = prepared.model
    edit = EditNote(
        step=prepared.transform.name,
        model=model.name if model else None,
        source_type=model.source_type if model else ENHANCED,
    )
    edits = (*picture.facts.edits, edit)
    return replace(outcome, picture=picture.with_(facts=picture.facts | Facts(edits=edits)))


def _raise_if_device_lost(prepared: PreparedStep, error: Exception) -> None:
    if is_device_lost(error):
        first = str(error).splitlines()[0]
        raise DeviceLostError(f"{prepared.models.device} is lost to this process: {first}") from error


def _free_memory(prepared: PreparedStep, count: int, error: Exception, how: str = "") -> None:
    """Free what the failed call holds, every other loaded model, and the frameworks' caches."""
    dropped = prepared.models.keep_only(prepared.model)
    clear_tracebacks(error)
    empty_caches()
    log.warning(
        "%s ran out of memory on %d at once%s; dropped: %s",
        prepared.transform.name, count, how, ", ".join(dropped) or "caches only",
    )  # fmt: skip


def _judge(prepared: PreparedStep, item: Loaded, outcome: Outcome | Failed) -> Verdict:
    transform = prepared.transform
    edit = _edit(prepared, item, outcome)
    if edit is None:
        return Verdict({})
    verdict = judge(edit, limits_of(prepared.step))
    reasons = verdict.reasons
    if not (transform.edits or transform.delivers):
        # Nothing was edited yet: what is wrong came with the file, and is no artifact of the line.
        reasons = tuple(replace(reason, kind=FlagKind.POLICY) for reason in reasons)
    if transform.delivers and item.facts.accepted_file:
        return Verdict(verdict.readings, tuple(reason for reason in reasons if reason.gate in _NEVER_WAIVED))
    if item.facts.accepted:
        # A person has seen this picture, so policy is satisfied; what the line does to it still counts.
        reasons = tuple(reason for reason in reasons if reason.kind is FlagKind.ARTIFACT)
    return Verdict(verdict.readings, reasons)


def _edit(prepared: PreparedStep, item: Loaded, outcome: Outcome | Failed) -> Edit | None:
    """The edit that the gates judge; None where there is nothing to judge."""
    name, style = prepared.transform.name, prepared.recipe.style
    before = item.subject.rgb if isinstance(item.subject, Picture) else None
    if isinstance(outcome, Publishable) and before is not None:
        reference = before if outcome.reference is None else outcome.reference
        return Edit(
            name,
            reference,
            outcome.rgb,
            style=style,
            marks_differ=outcome.facts.marks_differ,
            find_subject=subject_finder(prepared.recipe, prepared.models),
        )
    if not isinstance(outcome, Edited):
        return None
    after = outcome.picture.rgb
    if before is None or after is before:  # admitted, or only looked at
        return Edit(name, after, after, mask=outcome.picture.mask, style=style)
    finder = _finder(prepared) if prepared.transform.removes else None
    return Edit(
        name,
        before,
        after,
        mask=outcome.touched,
        style=style,
        find_text=finder,
        find_subject=subject_finder(prepared.recipe, prepared.models),
        enlarge=_enlarger(prepared, item, after.shape[1] / before.shape[1]),
    )


def _finder(prepared: PreparedStep) -> _TextFinder | None:
    """The recipe's own detector, for the gate that checks whether text is left."""
    position = prepared.recipe.position("find_text")
    name = prepared.recipe.steps[position].model if position is not None else None
    if name is None:
        return None
    model = prepared.models.get(name, Task.FIND_TEXT)
    return _TextFinder(model) if isinstance(model, TextFinder) else None


def _enlarger(prepared: PreparedStep, item: Loaded, factor: float) -> Enlarger | None:
    """The step's network at this factor; None for steps without one."""
    model = prepared.model
    if not (prepared.transform.enlarges and isinstance(model, Upscaler) and model.sha256):
        return None

    def enlarge(part: Rgb) -> Rgb:
        size = (round(part.shape[1] * factor), round(part.shape[0] * factor))
        return model.upscale(part, size, seed=item.seed)

    return enlarge


def subject_finder(recipe: Recipe, models: ModelCache) -> Finder | None:
    """The subject finder of a recipe's delivery, for the gates that judge the composition."""
    position = recipe.position("deliver")
    name = recipe.steps[position].model if position is not None else None
    return _SubjectFinder(models, name) if name else None
