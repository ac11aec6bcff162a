"""Two models on the same pictures: each is given them alike, and its answers are held against the other's."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import cv2
import numpy as np

from gates.metrics.picture.look import style_change
from gates.metrics.similarity.downscale import downscale
from line.facts import Facts
from line.picture import Mask, Rgb
from line.recipe import Recipe, seed_of
from review.experiments.comparison import Match, Shot, Side
from review.experiments.experiment import Trial, TrialResult, comparable_transform, step_of, trial
from review.experiments.perceptual import Distance, distance
from review.experiments.samples import Sample
from tasks.context import Context
from tasks.registry import TransformRegistry
from tasks.transform import Transform
from tasks.upscale import target_size
from worker.costs import per_second
from worker.peak_memory import Gauge

BY_PERSON = Facts(person_mask=True)
"""So that a mask of any size is filled."""
MARGIN = 32
"""Pixels around a fill that are looked at with it."""

Told: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """How pictures are posed to both models alike."""

    transform: Transform
    target: int
    seed: int
    position: int

    @classmethod
    def of(cls, transforms: TransformRegistry, recipe: Recipe, transform: str, model: str) -> "Plan":
        step, position = step_of(transforms, recipe, transform, model)
        target = int(step.params.get("target", 0))
        return cls(comparable_transform(transforms, transform), target, recipe.seed, position)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One picture as it is given to both models.

    Attributes:
        truth: what a perfect model would answer, where that is known; of the size of the answers.
    """

    name: str
    given: Rgb
    mask: Mask | None
    truth: Rgb | None
    seed: int


def match(
    context: Context,
    samples: Sequence[Sample],
    transform: str,
    models: tuple[str, str],
    recipe: Recipe,
    folder: Path,
    told: Told,
) -> Match:
    """Run both models, one after the other, then hold their answers against each other.

    Args:
        folder: where answers are kept, ``MODEL/NAME.png``.
        told: called after each picture of each pass: three times the number of pictures.
    """
    plan = Plan.of(context.transforms, recipe, transform, models[0])
    first, second = (_run(context, samples, plan, model, recipe, folder, told) for model in models)
    measure = distance(context.models)
    between: list[dict[str, float]] = []
    for at, sample in enumerate(samples):
        task = _task(plan, sample)
        one, other = (_read(folder, model, sample) for model in models)
        for side, answer in ((first, one), (second, other)):
            if answer is not None and not side.shots[at].left_alone:
                side.shots[at] = replace(side.shots[at], looks=_against_reference(task, answer, measure))
        if one is not None and other is not None and one.shape == other.shape:
            between.append(_beside(*_part(task, one, other), measure))
        told(sample.name)
    names = tuple(sample.name for sample in samples)
    drawn = sum(sample.mask_path is None for sample in samples) if plan.transform.removes else 0
    return Match(transform, names, first, second, tuple(between), measure, *_reference(plan, samples), drawn)


def _run(
    context: Context,
    samples: Sequence[Sample],
    plan: Plan,
    model: str,
    recipe: Recipe,
    folder: Path,
    told: Told,
) -> Side:
    context.models.clear()  # the memory of the other model is not counted as this one's
    largest = _task(plan, max(samples, key=lambda sample: sample.path.stat().st_size))
    settings = context.settings
    gauge = Gauge(settings.device)
    tried = trial(context, recipe, plan.transform.name, model)
    _fitted(tried, largest).warm_up(largest.name, largest.given, mask=largest.mask, facts=BY_PERSON)
    megapixels = largest.given.shape[0] * largest.given.shape[1] / 1e6
    declared = tried.model.memory + megapixels * tried.model.memory_per_megapixel
    cost = per_second(settings.config, settings.device)
    side = Side(model, tried.model.revision, peak=gauge.peak(), declared=declared, cost_per_second=cost)
    for sample in samples:
        task = _task(plan, sample)
        fitted = _fitted(tried, task)
        found = fitted.run(task.name, task.given, mask=task.mask, seed=task.seed, facts=BY_PERSON)
        side.shots.append(_shot(task, found))
        _write(folder, model, sample, found.output.rgb)
        told(sample.name)
    return side


def _fitted(tried: Trial, task: Task) -> Trial:
    """An enlargement back to the original's size, however small it was made."""
    if not tried.transform.enlarges or task.truth is None:
        return tried
    params = {"target": max(task.truth.shape[:2]), "floor": 1}
    return tried.with_(**{key: value for key, value in params.items() if key in tried.step.params})


def _task(plan: Plan, sample: Sample) -> Task:
    """The picture as the models get it, and the answer where it is known.

    A hole drawn over a photo has that photo for its answer; a photo that is halved first has itself.
    """
    rgb = sample.rgb()
    seed = seed_of(plan.seed, sample.sha256(), plan.position)
    if plan.transform.removes:
        truth = None if sample.mask_path else rgb
        return Task(sample.name, rgb, sample.mask(rgb), truth, seed)
    if plan.transform.enlarges:
        if plan.target and max(rgb.shape[:2]) > plan.target:
            rgb = downscale(rgb, target_size(rgb.shape[1], rgb.shape[0], plan.target))
        size = (max(1, rgb.shape[1] // 2), max(1, rgb.shape[0] // 2))
        return Task(sample.name, downscale(rgb, size), None, rgb, seed)
    return Task(sample.name, rgb, None, None, seed)


def _shot(task: Task, tried: TrialResult) -> Shot:
    made = tried.output
    alone = (
        made.rgb is not None and made.rgb.shape == task.given.shape and np.array_equal(made.rgb, task.given)
    )
    return Shot(made.verdict, made.reasons, tried.seconds, left_alone=bool(alone))


def _against_reference(task: Task, answer: Rgb, measure: Distance) -> dict[str, float]:
    """Empty where there is none: what a mask covers is no reference for what should be there instead."""
    if task.truth is None and task.mask is not None:
        return {}
    reference = task.given if task.truth is None else task.truth
    if reference.shape != answer.shape:
        size = (answer.shape[1], answer.shape[0])
        reference = np.asarray(cv2.resize(reference, size, interpolation=cv2.INTER_CUBIC))
    return _beside(*_part(task, reference, answer), measure)


def _beside(one: Rgb, other: Rgb, measure: Distance) -> dict[str, float]:
    return style_change(one, other) | {"distance": measure.between(one, other)}


def _part(task: Task, one: Rgb, other: Rgb) -> tuple[Rgb, Rgb]:
    """Both where something was worked on, with a margin: the whole of them where there is no mask."""
    if task.mask is None or not task.mask.any():
        return one, other
    x, y, wide, high = cv2.boundingRect(task.mask)
    window = np.s_[max(0, y - MARGIN) : y + high + MARGIN, max(0, x - MARGIN) : x + wide + MARGIN]
    return np.ascontiguousarray(one[window]), np.ascontiguousarray(other[window])


def _reference(plan: Plan, samples: Sequence[Sample]) -> tuple[str, bool]:
    """What the looks are measured against, in words, and whether that is the truth."""
    if plan.transform.enlarges:
        return "the original, which was halved before", True
    if not plan.transform.removes:
        return "what was given", False
    if all(sample.mask_path for sample in samples):
        return "nothing: what lies under the masks is not known", False
    return "the original, where letters were drawn over it as a mask", True


def _place(folder: Path, model: str, sample: Sample) -> Path:
    return folder / model / f"{sample.name}.png"


def _write(folder: Path, model: str, sample: Sample, rgb: Rgb | None) -> None:
    path = _place(folder, model, sample)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if rgb is not None:
        _, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 1])
        path.write_bytes(data.tobytes())


def _read(folder: Path, model: str, sample: Sample) -> Rgb | None:
    path = _place(folder, model, sample)
    found: Any = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    return None if found is None else np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)
