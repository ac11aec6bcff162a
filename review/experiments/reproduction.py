"""A recorded step run again from the input that was kept, and held against what was recorded."""

import time
from dataclasses import dataclass, replace
from typing import Any

from imaging import intermediate
from imaging.encode import decode
from records.queries.history import Past
from records.step_results import Result
from records.storage.bucket import bucket
from tasks.context import Context
from tasks.runner.execute import execute
from tasks.runner.io import read
from tasks.runner.result import Difference, StepOutput, difference, differences, output_of
from tasks.runner.types import Loaded, PreparedStep
from worker.provenance import made_with


@dataclass(frozen=True, slots=True)
class Run:
    """One more run, held against the record.

    Attributes:
        same: verdict, pixels, mask and file are the recorded ones, bit for bit.
        apart: how far the pixels are; None where there are none, or of another size.
        unlike: what is not as recorded, in words; empty where all is.
    """

    same: bool
    apart: Difference | None
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

    def __init__(self, context: Context, past: Past) -> None:
        self.context = context
        self.past = past
        transform, step = context.transforms.get(past.transform), past.recipe.steps[past.position]
        self.prepared = PreparedStep.of(past.recipe, step, transform, context.models, past.vendor)
        self.recorded = recorded(context, past)
        self.first: StepOutput | None = None
        self.agree = True
        """Whether all runs so far made the same."""

    def run(self) -> Run:
        """Once more from the input."""
        began = time.perf_counter()
        (attempt,) = execute(self.prepared, [self._loaded()])
        seconds = time.perf_counter() - began
        output = output_of(attempt)
        self.first = self.first or output
        self.agree = self.agree and not differences(self.first, output, masks=True)
        unlike = differences(self.recorded, output, masks=bool(self.past.made_with))
        return Run(not unlike, difference(self.recorded.rgb, output.rgb), unlike, output.verdict, seconds)

    def elsewise(self) -> dict[str, tuple[Any, Any]]:
        """What is not as it was then: name → (then, now)."""
        prepared, model = self.prepared, self.prepared.model
        options = prepared.recipe.options_of(prepared.step)
        then, now = self.past.made_with, made_with(model, options, prepared.transform.trained)
        pairs: dict[str, tuple[Any, Any]] = {
            "revision": (self.past.revision, model.revision if model else None),
            "device": (self.past.device, self.context.settings.device),
        }
        if self.past.vendor_changes:
            pairs["vendor"] = ("undecided", self.past.vendor_changes)
        for key in ("weights", "hardware", "threads"):
            if key in then:
                pairs[key] = (then[key], now.get(key))
        for sort in ("libraries", "trained"):
            for name, was in then.get(sort, {}).items():
                pairs[name] = (was, now.get(sort, {}).get(name, ""))
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _loaded(self) -> Loaded:
        """The image as the step received it."""
        past, delivers = self.past, self.prepared.transform.delivers
        return read(self.context.bucket, past.image, past.seed, with_original=delivers)


def recorded(context: Context, past: Past) -> StepOutput:
    """What the record and the bucket keep of a step."""
    store = context.bucket
    output = StepOutput(past.verdict, past.reasons)
    if context.transforms.get(past.transform).delivers and past.verdict == Result.PASS and past.image.file:
        data = bucket(past.out).get(past.image.file)
        return replace(output, rgb=decode(data), data=data)
    if past.output is None:
        return output
    mask = intermediate.decode_mask(store.get(past.output_mask)) if past.output_mask else None
    return replace(output, rgb=intermediate.decode_rgb(store.get(past.output)), mask=mask)
