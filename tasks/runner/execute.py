"""Running a transform on some pictures so that no picture can spoil another, and judging the results."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gates.contract import GateError, Verdict, judge
from gates.edit import Edit
from line.picture import Edited, Flagged, FlagKind, Outcome, Picture, Publishable, Refused, Rgb
from line.recipe import Recipe, Step
from line.settings import settings
from line.source_types import ENHANCED
from models.contract import Model, Task, TextFinder
from tasks.recipes import limits_of
from tasks.runner.io import Loaded
from tasks.transform import Transform
from worker.device_errors import DeviceLostError, empty_caches, is_device_lost, is_out_of_memory, let_go
from worker.model_cache import resident, residents

log = logging.getLogger(__name__)

_NEVER_WAIVED = frozenset({"provenance"})
"""Gates that also judge a file that a person accepted."""

TILES = (512, 256, 128)
"""Sides in pixels tried one after the other where an image finds no memory as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """The transform broke on this one image."""

    sentence: str


@dataclass(frozen=True, slots=True)
class _Finder:
    """A detector as the gates want it: picture in, boxes out."""

    model: TextFinder

    def __call__(self, rgb: Rgb) -> NDArray[np.float32]:
        found = self.model.find(rgb, limit=960)
        return np.stack([region.quad for region in found]) if found else np.zeros((0, 4, 2), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Attempted:
    """What came of one image at one step.

    Attributes:
        seconds: that it took, its gates included.
        judging: seconds of these for the gates.
    """

    loaded: Loaded
    outcome: Outcome | Failed
    verdict: Verdict
    seconds: float
    judging: float = 0.0


def attempt(
    transform: Transform, model: Model | None, step: Step, recipe: Recipe, loaded: Sequence[Loaded]
) -> list[Attempted]:
    """Run ``transform`` on a micro-batch and put every result through its gates."""
    if not loaded:
        return []
    started = time.perf_counter()
    outcomes = run(transform, model, step, loaded)
    each = (time.perf_counter() - started) / len(loaded)
    tried = []
    for item, outcome in zip(loaded, outcomes, strict=True):
        outcome = _with_source_type(transform, model, item, outcome)
        began = time.perf_counter()
        try:
            verdict = _judge(transform, step, recipe, item, outcome)
        except GateError:
            raise  # the recipe's fault, not this image's
        except Exception as error:  # what could not be judged is not shipped
            _refuse_lost_device(error)
            log.exception(
                "the gates of %s failed on %s",
                transform.name,
                item.subject.name,
                extra={"image": item.subject.name},
            )
            what = f"{type(error).__name__}: {error}"
            outcome, verdict = Failed(f"the gates of {transform.name} failed: {what}"), Verdict({})
        judging = time.perf_counter() - began
        tried.append(Attempted(item, outcome, verdict, each + judging, judging))
    return tried


def run(
    transform: Transform, model: Model | None, step: Step, loaded: Sequence[Loaded], halved: int = 0
) -> list[Outcome | Failed]:
    """What a transform makes of a micro-batch, not judged yet.

    Out of memory halves the micro-batch; any other fault is pinned on the image it belongs to.

    What was done about memory stands in the readings of each image it was done for.

    Raises:
        DeviceLostError: nothing can be done in this process any more.
    """
    try:
        outcomes = _call(transform, model, step, loaded)
        return [_noted(outcome, {"memory_halved": halved}) if halved else outcome for outcome in outcomes]
    except Exception as error:
        _refuse_lost_device(error)
        out_of_memory = is_out_of_memory(error)
        if out_of_memory:
            _free(transform, model, len(loaded), error)
        if len(loaded) > 1:
            half = (len(loaded) + 1) // 2 if out_of_memory else 1
            parts = [loaded[i : i + half] for i in range(0, len(loaded), half)]
            more = halved + out_of_memory
            return [outcome for part in parts for outcome in run(transform, model, step, part, more)]
        if out_of_memory:
            return [_in_tiles(transform, model, step, loaded[0], {"memory_halved": halved})]
        return [_failed(transform, loaded[0], error)]


def _in_tiles(
    transform: Transform, model: Model | None, step: Step, item: Loaded, readings: dict[str, float]
) -> Outcome | Failed:
    """One image for which memory does not suffice, in ever smaller tiles; a person's in the end."""
    tried = ""
    for side in TILES:
        if model is None or not model.tiles:
            break
        try:
            with model.in_tiles(side):
                (outcome,) = _call(transform, model, step, [item])
            return _noted(outcome, readings | {"memory_tile": side})
        except Exception as error:
            _refuse_lost_device(error)
            if not is_out_of_memory(error):
                return _failed(transform, item, error)
            _free(transform, model, 1, error, f" in tiles of {side} pixels")
            tried = f" and in tiles of {side} pixels"
    sentence = f"{transform.name} ran out of memory on it, even on it alone{tried}."
    return Flagged("out_of_memory", sentence, readings=readings)


def _noted(outcome: Outcome, readings: dict[str, float]) -> Outcome:
    if isinstance(outcome, Refused):
        return outcome
    return replace(outcome, readings={**outcome.readings, **readings})


def _failed(transform: Transform, item: Loaded, error: Exception) -> Failed:
    extra = {"image": item.subject.name}
    log.error("%s failed on %s", transform.name, item.subject.name, exc_info=error, extra=extra)
    return Failed(f"{transform.name} failed: {type(error).__name__}: {error}")


def _with_source_type(
    transform: Transform, model: Model | None, item: Loaded, outcome: Outcome | Failed
) -> Outcome | Failed:
    """The outcome with the IPTC source type of what the step did to the pixels, where it changed any."""
    if not (transform.edits and isinstance(outcome, Edited) and isinstance(item.subject, Picture)):
        return outcome
    picture = outcome.picture
    if picture.rgb is item.subject.rgb:
        return outcome
    edit = {
        "step": transform.name,
        "model": model.name if model else None,
        "source_type": model.source_type if model else ENHANCED,
    }
    facts = {**picture.facts, "edits": [*picture.facts.get("edits", ()), edit]}
    return replace(outcome, picture=picture.with_(facts=facts))


def _refuse_lost_device(error: Exception) -> None:
    if is_device_lost(error):
        first = str(error).splitlines()[0]
        raise DeviceLostError(f"{settings().device} is lost to this process: {first}") from error


def _free(transform: Transform, model: Model | None, count: int, error: Exception, how: str = "") -> None:
    """Empty what can be emptied: what the failed call held, other models that stay loaded, and caches."""
    dropped = residents().keep_only(model)
    let_go(error)
    empty_caches()
    log.warning(
        "%s ran out of memory on %d at once%s; dropped: %s",
        transform.name, count, how, ", ".join(dropped) or "caches only",
    )  # fmt: skip


def _call(
    transform: Transform, model: Model | None, step: Step, loaded: Sequence[Loaded]
) -> Sequence[Outcome]:
    outcomes = transform.function([item.subject for item in loaded], model, **step.params)
    if len(outcomes) != len(loaded):
        raise RuntimeError(f"{transform.name} answered {len(outcomes)} outcomes for {len(loaded)} pictures")
    return outcomes


def _judge(
    transform: Transform, step: Step, recipe: Recipe, item: Loaded, outcome: Outcome | Failed
) -> Verdict:
    edit = _edit(transform, step, recipe, item, outcome)
    if edit is None:
        return Verdict({})
    verdict = judge(edit, limits_of(step))
    reasons = verdict.reasons
    if not (transform.edits or transform.delivers):
        # Nothing was edited yet: what is wrong came with the file, and is no artifact of the line.
        reasons = tuple(replace(reason, kind=FlagKind.POLICY) for reason in reasons)
    if transform.delivers and item.facts.get("accepted_file"):
        reasons = tuple(reason for reason in reasons if reason.gate in _NEVER_WAIVED)
        return Verdict(verdict.readings, reasons)
    if item.facts.get("accepted"):
        # A person has seen this picture, so policy is satisfied; what the line does to it still counts.
        reasons = tuple(reason for reason in reasons if reason.kind is FlagKind.ARTIFACT)
    return Verdict(verdict.readings, reasons)


def _edit(
    transform: Transform, step: Step, recipe: Recipe, item: Loaded, outcome: Outcome | Failed
) -> Edit | None:
    facts = dict(item.facts) | {"params": step.params, "style": recipe.style}
    before = item.subject.rgb if isinstance(item.subject, Picture) else None
    if isinstance(outcome, Publishable) and before is not None:
        reference = before if outcome.reference is None else outcome.reference
        return Edit(transform.name, reference, outcome.rgb, facts={**facts, **outcome.facts})
    if not isinstance(outcome, Edited):
        return None
    after = outcome.picture.rgb
    facts |= outcome.picture.facts
    if before is None or after is before:  # admitted, or only looked at
        return Edit(transform.name, after, after, mask=outcome.picture.mask, facts=facts)
    finder = _finder(recipe) if transform.removes else None
    return Edit(transform.name, before, after, mask=outcome.touched, facts=facts, find_text=finder)


def _finder(recipe: Recipe) -> _Finder | None:
    """The recipe's own detector, for the gate that looks whether text is left."""
    position = recipe.position("find_text")
    name = recipe.steps[position].model if position is not None else None
    if name is None:
        return None
    model = resident(name, Task.FIND_TEXT)
    return _Finder(model) if isinstance(model, TextFinder) else None
