"""The steps of the catalogue recipe in memory, as the baselines run them: no records, no messages."""

import cv2

from bench.process import context
from line.facts import Facts
from line.picture import Edited, Original, Picture, Publishable
from line.recipe import Recipe, seed_of
from tasks.runner.execute import execute
from tasks.runner.types import Loaded, PreparedStep

RECIPE = "catalog"


def one_step(recipe: Recipe, position: int, subject: Original | Picture) -> Picture | bytes | None:
    """One step and its gates as a worker runs them; None where the image leaves the line."""
    step = recipe.steps[position]
    transform = context().transforms.get(step.transform)
    if not transform.is_needed(subject.facts, step.params):
        return subject if isinstance(subject, Picture) else None
    prepared = PreparedStep.of(recipe, step, transform, context().models, context().codec)
    tried = execute(prepared, [Loaded(subject, 0)])[0]
    if not tried.verdict.passed:
        return None
    if isinstance(tried.outcome, Publishable):
        return tried.outcome.data
    if not isinstance(tried.outcome, Edited):
        return None
    picture = tried.outcome.picture
    facts = Facts(width=picture.width, height=picture.height, masked=picture.mask is not None)
    return picture.with_(facts=picture.facts | facts, seed=seed_of(recipe.seed, subject.name, position + 1))


def start_worker() -> None:
    """Prepare a process as a worker is: CPU pinned, one thread for OpenCV."""
    from worker.device import pin

    pin("cpu")
    cv2.setNumThreads(1)
