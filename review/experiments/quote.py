"""What an upload will probably cost and how long it will take: a sample goes through the steps, nothing is recorded."""

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from line.picture import Original
from line.recipe import Recipe
from review.experiments.chain import attempts, has_passed
from tasks.context import Context
from tasks.runner.types import PreparedStep

RESAMPLES: Final = 2000
"""Number of bootstrap resamples."""
INTERVAL: Final = (0.05, 0.95)
"""Quantiles of the range."""


@dataclass(frozen=True, slots=True)
class Range:
    """A most likely value with the ends of its 90 % range."""

    low: float
    likely: float
    high: float

    def times(self, factor: float) -> "Range":
        """The range, multiplied."""
        return Range(self.low * factor, self.likely * factor, self.high * factor)


@dataclass(frozen=True, slots=True)
class Quote:
    """What a sample of an upload took.

    Attributes:
        photos: of the whole upload.
        steps: transforms of the recipe, in its order.
        seconds: by transform, for each sampled photo.
        passed: sampled photos that went through all steps without a flag.
    """

    photos: int
    steps: tuple[str, ...]
    seconds: tuple[Mapping[str, float], ...]
    passed: int

    def by_step(self) -> dict[str, float]:
        """Mean seconds a photo by transform, in the order of the recipe."""
        sums = {step: sum(photo.get(step, 0.0) for photo in self.seconds) for step in self.steps}
        return {step: total / len(self.seconds) for step, total in sums.items() if total}

    def total_seconds(self) -> Range:
        """Seconds of work for all photos, with a bootstrap range; it widens where the photos of the sample differ."""
        each = np.asarray([sum(photo.values()) for photo in self.seconds])
        random = np.random.default_rng(0)
        means = random.choice(each, (RESAMPLES, len(each))).mean(axis=1)
        low, high = np.quantile(means, INTERVAL)
        return Range(float(low), float(each.mean()), float(high)).times(self.photos)


def sample(names: Sequence[str], size: int) -> list[str]:
    """``size`` names, the same at every call, chosen by a hash."""
    return sorted(names, key=lambda name: hashlib.sha256(name.encode()).digest())[:size]


def quote(context: Context, recipe: Recipe, files: Mapping[str, Path], size: int) -> Quote:
    """Send a sample of an upload's files through a recipe in this process.

    Raises:
        ModelError: a model of the recipe is not ready.
    """
    steps = [
        PreparedStep.of(recipe, step, context.transforms.get(step.transform), context.models, context.codec)
        for step in recipe.steps
    ]
    chosen = sample(list(files), size)
    _run(steps, recipe, chosen[0], files[chosen[0]])  # loads models and fills caches
    runs = [_run(steps, recipe, name, files[name]) for name in chosen]
    names = tuple(step.transform for step in recipe.steps)
    return Quote(len(files), names, tuple(seconds for seconds, _ in runs), sum(passed for _, passed in runs))


def _run(
    steps: Sequence[PreparedStep], recipe: Recipe, name: str, path: Path
) -> tuple[dict[str, float], bool]:
    """Seconds by transform for one photo, and whether it passed all steps; it ends at the first flag or refusal."""
    data = path.read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    seconds: dict[str, float] = {}
    passed = False
    started = time.perf_counter()
    for position, attempt in attempts(dict(enumerate(steps)), recipe, Original(name, data), digest):
        seconds[steps[position].transform.name] = time.perf_counter() - started
        passed = has_passed(attempt)
        started = time.perf_counter()
    return seconds, passed
