"""The steps of the catalogue recipe in memory, as the baselines run them: no records, no messages."""

from types import SimpleNamespace
from typing import Any

import cv2

from line.picture import Edited, Original, Picture, Publishable
from line.recipe import Recipe, seed_of
from tasks.registry import registry
from tasks.runner.execute import attempt
from tasks.runner.io import Loaded
from worker.model_cache import resident

RECIPE = "catalog"


def one_step(recipe: Recipe, position: int, subject: Original | Picture) -> Picture | bytes | None:
    """One step and its gates as a worker runs them; None where the image leaves the line."""
    step = recipe.steps[position]
    transform = registry().get(step.transform)
    facts = dict(subject.facts)
    if transform.needed is not None and not transform.is_needed(facts, step.params):
        return subject if isinstance(subject, Picture) else None
    model = (
        resident(step.model, transform.task, recipe.options_of(step))
        if step.model and transform.task
        else None
    )
    row: Any = SimpleNamespace(id=0, current=None, mask=None)
    tried = attempt(transform, model, step, recipe, [Loaded(row, subject, 0, facts)])[0]
    if not tried.verdict.passed:
        return None
    if isinstance(tried.outcome, Publishable):
        return tried.outcome.data
    if not isinstance(tried.outcome, Edited):
        return None
    picture = tried.outcome.picture
    known = {"width": picture.width, "height": picture.height, "masked": picture.mask is not None}
    return picture.with_(
        facts=dict(picture.facts) | known, seed=seed_of(recipe.seed, subject.name, position + 1)
    )


def start_worker() -> None:
    """Prepare a process as a worker is: CPU pinned, one thread for OpenCV."""
    from worker.device import pin

    pin("cpu")
    cv2.setNumThreads(1)
