"""A step with a model of one's choice, on pictures outside of any batch: as the line would run and judge it."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from line.errors import InputError, ModelError
from line.facts import Facts
from line.picture import Mask, Picture, Rgb
from line.recipe import Recipe, Step
from models.contract import Model, Task
from models.contract import registry as models
from tasks.context import Context
from tasks.registry import TransformRegistry
from tasks.runner.execute import execute, run
from tasks.runner.result import StepOutput, output_of
from tasks.runner.types import Loaded, PreparedStep
from tasks.transform import Transform

COMPARABLE = frozenset({Task.FILL, Task.UPSCALE, Task.DENOISE, Task.RESTORE, Task.GENERATE})
"""Tasks whose models make a picture, so that two of them can be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialResult:
    """What a trial made of one picture.

    Attributes:
        seconds: of the step itself, without its gates.
    """

    output: StepOutput
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A step with its loaded model.

    Attributes:
        position: in the recipe, 0 where the recipe has no such step; part of what seeds are made of.
    """

    prepared: PreparedStep
    position: int
    model: Model

    @property
    def transform(self) -> Transform:
        return self.prepared.transform

    @property
    def step(self) -> Step:
        return self.prepared.step

    def run(
        self, name: str, rgb: Rgb, *, mask: Mask | None = None, seed: int = 0, facts: Facts | None = None
    ) -> TrialResult:
        """Run the step on one picture [H, W, 3] uint8 and judge the result; see :class:`Picture`."""
        loaded = _loaded(Picture(name, rgb, mask, seed, facts or Facts()))
        (attempt,) = execute(self.prepared, [loaded])
        return TrialResult(output_of(attempt), attempt.seconds - attempt.judging_seconds)

    def warm_up(self, name: str, rgb: Rgb, *, mask: Mask | None = None, facts: Facts | None = None) -> None:
        """Run the step alone, without its gates."""
        run(self.prepared, [_loaded(Picture(name, rgb, mask, 0, facts or Facts()))])

    def with_(self, **params: Any) -> "Trial":
        """The same with other parameters of the transform."""
        step = self.step.model_copy(update=params)
        return replace(self, prepared=replace(self.prepared, step=step))


def _loaded(picture: Picture) -> Loaded:
    facts = Facts(width=picture.width, height=picture.height) | picture.facts
    return Loaded(picture.with_(facts=facts), picture.seed)


def step_of(transforms: TransformRegistry, recipe: Recipe, transform: str, model: str) -> tuple[Step, int]:
    """The step of that transform in ``recipe`` (as by default where it has none) with another model; its position.

    The position is 0 where the recipe has no such step. Options are those of the recipe where the model
    takes them.
    """
    position = recipe.position(transform)
    template = recipe.steps[position] if position is not None else Step(transform=transform)
    filled = transforms.get(transform).schema(**template.params).model_dump()
    options = _options(model, template)
    return Step(
        transform=transform, model=model, limits=template.limits, options=options, **filled
    ), position or 0


def trial(context: Context, recipe: Recipe, transform: str, model: str) -> Trial:
    """That transform with its loaded model; see :func:`step_of`.

    Raises:
        InputError: no such transform, or one that no model does.
        ModelError: no such model for it, or it is not ready.
    """
    chosen = comparable_transform(context.transforms, transform)
    step, position = step_of(context.transforms, recipe, transform, model)
    loaded = context.models.get(model, chosen.task or Task.FILL, recipe.options_of(step))
    return Trial(PreparedStep(chosen, step, recipe, loaded, context.models), position, loaded)


def comparable_transform(transforms: TransformRegistry, name: str) -> Transform:
    """The transform called ``name``, if models can be tried in it.

    Raises:
        InputError: they cannot; names those in which they can.
    """
    able = sorted(
        transform.name for transform in transforms.transforms.values() if transform.task in COMPARABLE
    )
    if name not in able:
        raise InputError(f"models are tried in {', '.join(able)}; not in {name}")
    return transforms.get(name)


def transform_of(transforms: TransformRegistry, model: str) -> Transform:
    """The transform that a model works in.

    Raises:
        InputError: no such model, or none that is tried in a transform.
    """
    kind = models().models.get(model)
    if kind is None:
        raise InputError(f"no model is named {model!r}; `sluice models` lists them")
    for transform in transforms.transforms.values():
        if transform.task is kind.task and transform.task in COMPARABLE:
            return transform
    raise InputError(f"{model} is a model for {kind.task}: it makes no picture that could be compared")


def _options(model: str, template: Step) -> dict[str, Any]:
    kind = models().models.get(model)
    if kind is None or not template.options:
        return {}
    try:
        kind.checked(template.options)
    except (ModelError, ValidationError):
        return {}
    return template.options
