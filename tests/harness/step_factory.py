"""A step that a test makes up, tried on grey pictures without any record."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from line.picture import Outcome, Picture
from line.recipe import Recipe, Step
from models.contract import Model
from tasks.runner.execute import Attempted, attempt
from tasks.runner.io import Loaded
from tasks.transform import Transform

PLAIN = Recipe.model_validate(
    {"name": "r", "steps": [{"transform": "admit"}, {"transform": "trial"}]}, strict=False
)


def loaded(count: int) -> list[Loaded]:
    rgb = np.full((20, 30, 3), 90, np.uint8)
    image: Any = SimpleNamespace(id=1, file="a.jpg", current="k")
    return [Loaded(image, Picture(f"{number}.jpg", rgb), 1) for number in range(count)]


def trying(
    function: Callable[..., Sequence[Outcome]], count: int = 4, model: Model | None = None, **step: Any
) -> list[Attempted]:
    """What comes of ``function`` as a transform, on ``count`` pictures named 0.jpg, 1.jpg, …"""
    made = Transform("trial", "admit", function)
    return attempt(made, model, Step(transform="trial", **step), PLAIN, loaded(count))
