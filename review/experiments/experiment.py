"""A step with a model of one's choice, on pictures outside of any batch: as the line would run and judge it."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from line.errors import InputError, ModelError
from line.picture import Facts, Mask, Picture, Rgb
from line.recipe import Recipe, Step
from models.contract import Model, Task
from models.contract import registry as models
from tasks.registry import registry
from tasks.runner.execute import attempt, run
from tasks.runner.io import Loaded
from tasks.runner.result import Made, made_of
from tasks.transform import Transform
from worker.model_cache import resident

TRIED = frozenset({Task.FILL, Task.UPSCALE, Task.DENOISE, Task.RESTORE, Task.GENERATE})


@dataclass(frozen=True, slots=True, eq=False)
class Tried:
    """What came of one picture.

    Attributes:
        seconds: of the step itself, without its gates.
    """

    made: Made
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A step with its loaded model.

    Attributes:
        position: in the recipe, 0 where the recipe has no such step; part of what seeds are made of.
    """

    transform: Transform
    step: Step
    recipe: Recipe
    position: int
    model: Model

    def run(
        self, name: str, rgb: Rgb, *, mask: Mask | None = None, seed: int = 0, facts: Facts | None = None
    ) -> Tried:
        """Run the step on one picture [H, W, 3] uint8 and judge the result; see :class:`Picture`."""
        loaded = _loaded(Picture(name, rgb, mask, seed, facts or {}))
        (tried,) = attempt(self.transform, self.model, self.step, self.recipe, [loaded])
        return Tried(made_of(tried), tried.seconds - tried.judging)

    def warm_up(self, name: str, rgb: Rgb, *, mask: Mask | None = None, facts: Facts | None = None) -> None:
        """Run the step alone, without its gates."""
        run(self.transform, self.model, self.step, [_loaded(Picture(name, rgb, mask, 0, facts or {}))])

    def with_(self, **params: Any) -> "Trial":
        """The same with other parameters of the transform."""
        return replace(self, step=self.step.model_copy(update=params))


def _loaded(picture: Picture) -> Loaded:
    facts = {"width": picture.width, "height": picture.height, **picture.facts}
    row: Any = None  # there is no row: nothing is stored
    return Loaded(row, picture.with_(facts=facts), picture.seed, facts)


def step_of(recipe: Recipe, transform: str, model: str) -> tuple[Step, int]:
    """The step of that transform in ``recipe`` (as by default where it has none) with another model; its position.

    The position is 0 where the recipe has no such step. Options are those of the recipe where the model
    takes them.
    """
    position = recipe.position(transform)
    told = recipe.steps[position] if position is not None else Step(transform=transform)
    filled = registry().get(transform).schema(**told.params).model_dump()
    options = _options(model, told)
    return Step(
        transform=transform, model=model, limits=told.limits, options=options, **filled
    ), position or 0


def trial(recipe: Recipe, transform: str, model: str) -> Trial:
    """That transform with its loaded model; see :func:`step_of`.

    Raises:
        InputError: no such transform, or one that no model does.
        ModelError: no such model for it, or it is not ready.
    """
    chosen = tried_transform(transform)
    step, position = step_of(recipe, transform, model)
    loaded = resident(model, chosen.task or Task.FILL, recipe.options_of(step))
    return Trial(chosen, step, recipe, position, loaded)


def tried_transform(name: str) -> Transform:
    """The transform called ``name``, if models can be tried in it.

    Raises:
        InputError: they cannot; names those in which they can.
    """
    known = registry().transforms.values()
    able = sorted(transform.name for transform in known if transform.task in TRIED)
    if name not in able:
        raise InputError(f"models are tried in {', '.join(able)}; not in {name}")
    return registry().get(name)


def transform_of(model: str) -> Transform:
    """The transform that a model works in.

    Raises:
        InputError: no such model, or none that is tried in a transform.
    """
    kind = models().models.get(model)
    if kind is None:
        raise InputError(f"no model is named {model!r}; `sluice models` lists them")
    for transform in registry().transforms.values():
        if transform.task is kind.task and transform.task in TRIED:
            return transform
    raise InputError(f"{model} is a model for {kind.task}: it makes no picture that could be compared")


def _options(model: str, told: Step) -> dict[str, Any]:
    kind = models().models.get(model)
    if kind is None or not told.options:
        return {}
    try:
        kind.checked(told.options)
    except (ModelError, ValidationError):
        return {}
    return told.options
