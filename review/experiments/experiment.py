"""A step with a chosen model, run and judged on pictures outside of any batch."""

from dataclasses import dataclass, replace
from typing import Any

from pydantic import ValidationError

from line.errors import InputError, ModelError
from line.facts import Facts
from line.picture import Mask, Picture, Rgb
from line.recipe import Recipe, Step
from models.contract import Model, ModelRegistry, Task
from tasks.context import Context
from tasks.registry import TransformRegistry
from tasks.runner.execute import execute, run
from tasks.runner.result import StepOutput, output_of
from tasks.runner.types import Loaded, PreparedStep
from tasks.transform import Transform

COMPARABLE = frozenset({Task.FILL, Task.UPSCALE, Task.DENOISE, Task.RESTORE, Task.GENERATE})
"""Tasks whose models return a picture, so that two models can be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class TrialResult:
    """Result of a trial for one picture.

    Attributes:
        output: output of the step with the verdict.
        seconds: duration of the step without its gates.
    """

    output: StepOutput
    seconds: float


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A step with its loaded model.

    Attributes:
        prepared: the step, ready to run.
        position: position of the step in the recipe, 0 if the recipe lacks it; it is part of the seed.
        model: the loaded model.
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
        """A copy with other parameters of the transform."""
        step = self.step.model_copy(update=params)
        return replace(self, prepared=replace(self.prepared, step=step))


def _loaded(picture: Picture) -> Loaded:
    facts = Facts(width=picture.width, height=picture.height) | picture.facts
    return Loaded(picture.with_(facts=facts), picture.seed)


def step_of(context: Context, recipe: Recipe, transform: str, model: str) -> tuple[Step, int]:
    """The recipe's step for ``transform`` with another model, and its position.

    A recipe without that step gives the default step and position 0. The recipe's options are used if the model
    accepts them.
    """
    position = recipe.position(transform)
    template = recipe.steps[position] if position is not None else Step(transform=transform)
    filled = context.transforms.get(transform).schema(**template.params).model_dump()
    options = _options(context.model_registry, model, template)
    return Step(
        transform=transform, model=model, limits=template.limits, options=options, **filled
    ), position or 0


def trial(context: Context, recipe: Recipe, transform: str, model: str) -> Trial:
    """A trial of ``transform`` with the loaded model; see :func:`step_of`.

    Raises:
        InputError: the transform does not exist or uses no model.
        ModelError: the model does not exist for this task or is not ready.
    """
    chosen = comparable_transform(context.transforms, transform)
    step, position = step_of(context, recipe, transform, model)
    loaded = context.models.get(model, chosen.task or Task.FILL, recipe.options_of(step))
    return Trial(
        PreparedStep(chosen, step, recipe, loaded, context.models, codec=context.codec), position, loaded
    )


def comparable_transform(transforms: TransformRegistry, name: str) -> Transform:
    """The transform called ``name``, if its models can be compared.

    Raises:
        InputError: they cannot be compared; the message lists the comparable transforms.
    """
    comparable = sorted(
        transform.name for transform in transforms.transforms.values() if transform.task in COMPARABLE
    )
    if name not in comparable:
        raise InputError(f"models can be compared in {', '.join(comparable)}, not in {name}")
    return transforms.get(name)


def transform_of(context: Context, model: str) -> Transform:
    """The transform that uses a model's task.

    Raises:
        InputError: the model does not exist, or its task has no comparable transform.
    """
    kind = context.model_registry.models.get(model)
    if kind is None:
        raise InputError(f"there is no model {model!r}; `sluice models` lists all models")
    for transform in context.transforms.transforms.values():
        if transform.task is kind.task and transform.task in COMPARABLE:
            return transform
    raise InputError(f"{model} is a model for {kind.task}, which returns no picture to compare")


def _options(models: ModelRegistry, model: str, template: Step) -> dict[str, Any]:
    kind = models.models.get(model)
    if kind is None or not template.options:
        return {}
    try:
        kind.checked(template.options)
    except (ModelError, ValidationError):
        return {}
    return template.options
