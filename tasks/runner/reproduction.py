"""Reproduction of a recorded step from its stored input, with comparison against the record."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from imaging import intermediate
from imaging.encode import decode
from line.errors import SluiceError
from records.history import reproductions
from records.queries import history
from records.queries.history import Past
from records.step_results import Result
from tasks.context import Context
from tasks.runner.candidate import with_model
from tasks.runner.execute import execute
from tasks.runner.io import read
from tasks.runner.result import Difference, StepOutput, difference, differences, output_of
from tasks.runner.types import Loaded, PreparedStep
from worker.provenance import made_with

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One repeated run, compared with the record.

    Attributes:
        same: whether verdict, pixels, mask and file equal the recorded ones bit for bit.
        apart: difference of the pixels; None without pixels or if the sizes differ.
        unlike: descriptions of all differences; empty if everything is equal.
    """

    same: bool
    apart: Difference | None
    unlike: tuple[str, ...]
    verdict: str
    seconds: float


class Reproduction:
    """A recorded step, ready to run again in this process.

    Raises:
        ModelError: the model is not ready on this machine.
        MissingObjectError: the input or the output is missing in the bucket.
        OriginalReplacedError: the original was replaced since.
    """

    def __init__(self, context: Context, past: Past) -> None:
        self.context = context
        self.past = past
        transform, step = context.transforms.get(past.transform), past.recipe.steps[past.position]
        if past.model and transform.task:  # a rollout may have put another model in the place of the recipe's
            step = with_model(step, past.model, transform.task, context.model_registry)
        self.prepared = PreparedStep.of(
            past.recipe, step, transform, context.models, context.codec, past.vendor
        )
        self.recorded = recorded(context, past)
        self.first: StepOutput | None = None
        self.agree = True
        """Whether all runs so far have equal results."""

    def run(self) -> Run:
        """Run the step again from its input."""
        began = time.perf_counter()
        (attempt,) = execute(self.prepared, [self._loaded()])
        seconds = time.perf_counter() - began
        output = output_of(attempt)
        self.first = self.first or output
        self.agree = self.agree and not differences(self.first, output, masks=True)
        unlike = differences(self.recorded, output, masks=bool(self.past.made_with))
        return Run(not unlike, difference(self.recorded.rgb, output.rgb), unlike, output.verdict, seconds)

    def elsewise(self) -> dict[str, tuple[Any, Any]]:
        """Changed circumstances since the record: name → (recorded, current)."""
        prepared, model = self.prepared, self.prepared.model
        options = prepared.recipe.options_of(prepared.step)
        then, now = self.past.made_with, made_with(model, options)
        pairs: dict[str, tuple[Any, Any]] = {
            "revision": (self.past.revision, model.revision if model else None),
            "device": (self.past.device, self.context.settings.device),
        }
        if self.past.vendor_changes:
            pairs["vendor"] = ("undecided", self.past.vendor_changes)
        for key in ("weights", "hardware", "threads"):
            if key in then:
                pairs[key] = (then[key], now.get(key))
        for section in (
            "libraries",
            "trained",
        ):  # the latter in records of versions before the overlay network
            for name, recorded_value in then.get(section, {}).items():
                pairs[name] = (recorded_value, now.get(section, {}).get(name, ""))
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _loaded(self) -> Loaded:
        """The image as the step received it."""
        past, delivers = self.past, self.prepared.transform.delivers
        return read(self.context.bucket, past.image, past.seed, with_original=delivers)


def recorded(context: Context, past: Past) -> StepOutput:
    """The recorded output of a step, from the record and the bucket."""
    store = context.bucket
    output = StepOutput(past.verdict, past.reasons)
    if context.transforms.get(past.transform).delivers and past.verdict == Result.PASS and past.image.file:
        data = context.buckets.at(past.out).get(past.image.file)
        return replace(output, rgb=decode(data), data=data)
    if past.output is None:
        return output
    mask = intermediate.decode_mask(store.get(past.output_mask)) if past.output_mask else None
    return replace(output, rgb=intermediate.decode_rgb(store.get(past.output)), mask=mask)


def report(past: Past, again: Reproduction, runs: Sequence[Run]) -> dict[str, Any]:
    """How repeated runs compare with the record, as a JSON object."""
    return {
        "image": past.image.id,
        "name": past.image.name,
        "step": past.transform,
        "model": past.model,
        "seed": past.seed,
        "recorded_at": past.at.isoformat(),
        "verdict": past.verdict,
        "same": all(run.same for run in runs),
        "runs_agree": again.agree,
        "runs": [
            {
                "same": run.same,
                "unlike": list(run.unlike),
                "verdict": run.verdict,
                "max_difference": run.apart.most if run.apart else None,
                "psnr": run.apart.psnr if run.apart else None,
                "share": run.apart.share if run.apart else None,
                "seconds": run.seconds,
            }
            for run in runs
        ],
        "differs": {name: {"then": then, "now": now} for name, (then, now) in again.elsewise().items()},
    }


def reproduce_order(context: Context, order_id: int) -> None:
    """Run what a person ordered at the desk, unless another process did, and record how it compares.

    Whatever goes wrong is recorded, so that the person sees it; a repeated step must not end the worker.
    """
    transact = context.database.transact
    ordered = transact(partial(reproductions.begin, order_id=order_id))
    if ordered is None:
        return
    image_id, step_id = ordered
    compared, error = None, ""
    try:
        past = transact(partial(history.of_step, image_id=image_id, step_id=step_id))
        again = Reproduction(context, past)
        compared = report(past, again, [again.run()])
    except SluiceError as stopped:
        error = str(stopped)
    except Exception:
        error = "the run ended with an error; see the worker's log"
        log.exception(
            "running step %d of image %d again failed", step_id, image_id, extra={"image": image_id}
        )
    transact(partial(reproductions.end, order_id=order_id, report=compared, error=error))
