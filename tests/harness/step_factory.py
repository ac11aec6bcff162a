"""A step that a test makes up, tried on grey pictures without any record."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from line.picture import Outcome, Picture
from line.recipe import Recipe, Step
from models.contract import Model, build
from tasks.runner.execute import execute
from tasks.runner.types import Attempt, Loaded, PreparedStep
from tasks.transform import Transform
from worker.model_cache import ModelCache

PLAIN = Recipe.model_validate(
    {"name": "r", "steps": [{"transform": "admit"}, {"transform": "trial"}]}, strict=False
)


def loaded(count: int) -> list[Loaded]:
    rgb = np.full((20, 30, 3), 90, np.uint8)
    return [Loaded(Picture(f"{number}.jpg", rgb), 1) for number in range(count)]


def trying(
    function: Callable[..., Sequence[Outcome]], count: int = 4, model: Model | None = None, **step: Any
) -> list[Attempt]:
    """What comes of ``function`` as a transform, on ``count`` pictures named 0.jpg, 1.jpg, …"""
    return execute(prepared(Transform("trial", "admit", function), model, **step), loaded(count))


def prepared(transform: Transform, model: Model | None = None, **step: Any) -> PreparedStep:
    """A step of a recipe that has hardly any."""
    return PreparedStep(transform, Step(transform=transform.name, **step), PLAIN, model, ModelCache(build()))
