"""A recorded step run again from the input that was kept, and held against what was recorded."""

import time
from dataclasses import dataclass, replace
from typing import Any

from imaging import intermediate
from imaging.encode import decode
from line.settings import settings
from models.contract import Model
from records.outcomes import Result
from records.queries.history import Past
from records.storage.bucket import bucket
from tasks.registry import registry
from tasks.runner.execute import attempt
from tasks.runner.io import Loaded, read
from tasks.runner.result import Apart, Made, apart, made_of, unlike
from worker.model_cache import resident
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
        """What is not as it was then: name → (then, now)."""
        then, now = self.past.made_with, made_with(self.model, self.options, self.transform.trained)
        pairs: dict[str, tuple[Any, Any]] = {
            "revision": (self.past.revision, self.model.revision if self.model else None),
            "device": (self.past.device, settings().device),
        }
        if self.past.stale:
            pairs["vendor"] = ("undecided", self.past.stale)
        for key in ("weights", "hardware", "threads"):
            if key in then:
                pairs[key] = (then[key], now.get(key))
        for sort in ("libraries", "trained"):
            for name, was in then.get(sort, {}).items():
                pairs[name] = (was, now.get(sort, {}).get(name, ""))
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    def _loaded(self) -> Loaded:
        """As the step found it; the record's note of the vendor gives way to the facts themselves."""
        told = dict(self.past.told) or None
        return read(
            bucket(settings().bucket),
            self.past.image,
            self.past.seed,
            told,
            with_original=self.transform.delivers,
        )


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
