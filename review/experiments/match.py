"""Comparison of two models on the same pictures."""

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
from review.experiments.comparison import ImageScore, Match, ModelScore
from review.experiments.experiment import Trial, TrialResult, comparable_transform, step_of, trial
from review.experiments.perceptual import Distance, distance
from review.experiments.samples import Sample
from tasks.context import Context
from tasks.transform import Transform
from tasks.upscale import target_size
from worker.costs import per_second
from worker.peak_memory import Gauge

BY_PERSON = Facts(person_mask=True)
"""Facts of a mask drawn by a person, which is filled at any size."""
MARGIN = 32
"""Width of the surroundings of a fill that are compared with it (pixels)."""

Progress: TypeAlias = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings that are equal for both models.

    Attributes:
        transform: the transform to run.
        target: target size of an enlargement (longer side in pixels); 0 for other transforms.
        seed: seed of the recipe.
        position: position of the step in the recipe.
    """

    transform: Transform
    target: int
    seed: int
    position: int

    @classmethod
    def of(cls, context: Context, recipe: Recipe, transform: str, model: str) -> "Plan":
        step, position = step_of(context, recipe, transform, model)
        target = int(step.params.get("target", 0))
        return cls(comparable_transform(context.transforms, transform), target, recipe.seed, position)


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One picture as both models receive it.

    Attributes:
        given: [H, W, 3] uint8 input.
        mask: [H, W] uint8 mask; None for transforms without one.
        truth: the ideal result at the size of the results; None if there is none.
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
    progress: Progress,
) -> Match:
    """Run both models one after the other, then compare their results.

    Args:
        context: the process context.
        samples: the pictures.
        transform: name of the transform.
        models: names of both models.
        recipe: recipe with the step's parameters, limits and seed.
        folder: folder for the results, ``MODEL/NAME.png``.
        progress: called with the picture's name after each picture of each pass, so three times for each picture.
    """
    plan = Plan.of(context, recipe, transform, models[0])
    first, second = (_run(context, samples, plan, model, recipe, folder, progress) for model in models)
    measure = distance(context.models, context.settings.distance)
    between: list[dict[str, float]] = []
    for index, sample in enumerate(samples):
        task = _task(plan, sample)
        one, other = (_read(folder, model, sample) for model in models)
        for score, answer in ((first, one), (second, other)):
            if answer is not None and not score.shots[index].left_alone:
                looks = _against_reference(task, answer, measure)
                score.shots[index] = replace(score.shots[index], looks=looks)
        if one is not None and other is not None and one.shape == other.shape:
            between.append(_beside(*_part(task, one, other), measure))
        progress(sample.name)
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
    progress: Progress,
) -> ModelScore:
    context.models.clear()  # so that the peak does not include the other model
    largest = _task(plan, max(samples, key=lambda sample: sample.path.stat().st_size))
    settings = context.settings
    gauge = Gauge(settings.device)
    attempt = trial(context, recipe, plan.transform.name, model)
    _fitted(attempt, largest).warm_up(largest.name, largest.given, mask=largest.mask, facts=BY_PERSON)
    megapixels = largest.given.shape[0] * largest.given.shape[1] / 1e6
    declared = attempt.model.memory + megapixels * attempt.model.memory_per_megapixel
    cost = per_second(settings.config, settings.device)
    score = ModelScore(
        model, attempt.model.revision, peak=gauge.peak(), declared=declared, cost_per_second=cost
    )
    for sample in samples:
        task = _task(plan, sample)
        fitted = _fitted(attempt, task)
        result = fitted.run(task.name, task.given, mask=task.mask, seed=task.seed, facts=BY_PERSON)
        score.shots.append(_image_score(task, result))
        _write(folder, model, sample, result.output.rgb)
        progress(sample.name)
    return score


def _fitted(attempt: Trial, task: Task) -> Trial:
    """The trial with the original's size as target, if it enlarges a reduced original."""
    if not attempt.transform.enlarges or task.truth is None:
        return attempt
    params = {"target": max(task.truth.shape[:2]), "floor": 1}
    return attempt.with_(**{key: value for key, value in params.items() if key in attempt.step.params})


def _task(plan: Plan, sample: Sample) -> Task:
    """The input for both models, and the ideal result if there is one.

    The ideal result is the photo itself if the mask is drawn over it or if the photo is halved first.
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


def _image_score(task: Task, result: TrialResult) -> ImageScore:
    output = result.output
    unchanged = (
        output.rgb is not None
        and output.rgb.shape == task.given.shape
        and np.array_equal(output.rgb, task.given)
    )
    return ImageScore(output.verdict, output.reasons, result.seconds, left_alone=bool(unchanged))


def _against_reference(task: Task, answer: Rgb, measure: Distance) -> dict[str, float]:
    """Style differences from the reference; empty without one, because the content under a mask is not one."""
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
    """Both pictures cropped to the mask and its surroundings; the whole pictures without a mask."""
    if task.mask is None or not task.mask.any():
        return one, other
    x, y, wide, high = cv2.boundingRect(task.mask)
    window = np.s_[max(0, y - MARGIN) : y + high + MARGIN, max(0, x - MARGIN) : x + wide + MARGIN]
    return np.ascontiguousarray(one[window]), np.ascontiguousarray(other[window])


def _reference(plan: Plan, samples: Sequence[Sample]) -> tuple[str, bool]:
    """Description of the reference, and whether it is the ideal result."""
    if plan.transform.enlarges:
        return "the original, which was halved first", True
    if not plan.transform.removes:
        return "the input", False
    if all(sample.mask_path for sample in samples):
        return "nothing: there is no picture of the content under the masks", False
    return "the original, where the mask is drawn over it", True


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
    bgr: Any = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
    return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)
