"""Checking a recipe against the transforms, models and gates there are, and filling in what it leaves out."""

from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from gates.contract import Limit
from gates.contract import registry as gates
from gates.metrics.picture import look
from line.errors import InputError, ModelError, RecipeError
from line.recipe import SLOT_NAME, Recipe, Step, locate, parse_source
from line.recipe_source import RecipeSource, read
from models.contract import ModelRegistry
from models.weights.manifest import is_moving
from tasks.registry import TransformRegistry
from tasks.transform import Transform

MAX_CANARY = 16
"""Greatest ``[breaker] min_judged`` of a recipe that generates: so many pictures go first, and can stop the rest."""
_PINNED_OPTIONS = {"scheduler": '"DDIMScheduler"', "steps": "30"}
"""Options that a ``generate`` step writes out, with an example."""


@dataclass(frozen=True, slots=True)
class Available:
    """What a recipe may name."""

    transforms: TransformRegistry
    models: ModelRegistry


def load(name_or_path: str, transforms: TransformRegistry, models: ModelRegistry) -> Recipe:
    """A recipe by name or path, checked, with every default written out; see :func:`check`.

    Raises:
        RecipeError: names file, line and key, and says what is wrong.
    """
    path = locate(name_or_path)
    return check(path.read_text("utf-8"), str(path), transforms, models)


def check(text: str, path: str, transforms: TransformRegistry, models: ModelRegistry) -> Recipe:
    """Check a recipe's text, and report all faults together.

    Args:
        path: names the file in errors.
        transforms, models: that a recipe may name.

    Raises:
        RecipeError: see :func:`load`.
    """
    available = Available(transforms, models)
    source = read(text, path, locate)
    recipe = parse_source(source)
    faults = _style_faults(source, recipe)
    steps: list[Step] = []
    for index, step in enumerate(recipe.steps):
        try:
            steps.append(_check_step(source, index, step, available, recipe))
        except RecipeError as error:
            faults.append(error)
    faults += _generation_faults(source, recipe, available.models)
    if len(steps) == len(recipe.steps):
        faults += _order_faults(source, [transforms.get(step.transform) for step in steps])
    if faults:
        raise RecipeError.of(faults)
    return recipe.model_copy(update={"steps": tuple(steps)})


def limits_of(step: Step) -> dict[str, Limit]:
    """The limits a step sets over those of the gates."""
    return {reading: Limit(table.at_least, table.at_most) for reading, table in step.limits.items()}


def _check_step(source: RecipeSource, index: int, step: Step, available: Available, recipe: Recipe) -> Step:
    """The step with every default written out.

    Raises:
        RecipeError: for all that is wrong with it.
    """
    here: list[str | int] = ["steps", index]
    try:
        transform = available.transforms.get(step.transform)
    except InputError as error:
        raise source.error([*here, "transform"], str(error)) from None
    faults: list[RecipeError] = []
    filled: dict[str, Any] = {"transform": step.transform, "limits": step.limits}
    try:
        filled |= transform.schema(**step.params).model_dump()
    except ValidationError as error:
        allowed = ", ".join(sorted(transform.schema.model_fields)) or "none"
        faults += source.errors(error, here, f" ({transform.name} takes: {allowed})")
    try:
        filled["model"] = _model_of(transform, step, available.models)
        filled["options"] = _options_of(filled["model"], step, recipe, available.models)
    except ModelError as error:
        faults.append(source.error([*here, "options" if "model" in filled else "model"], str(error)))
    except ValidationError as error:
        faults += source.errors(error, [*here, "options"], f" (an option of {filled['model']})")
    if step.slot is not None:
        faults.append(source.error([*here, "slot"], 'is no key here; a slot is named by model = "@NAME"'))
    faults += _limit_faults(source, here, transform, step)
    if faults:
        raise RecipeError.of(faults)
    return Step(**filled)


def _limit_faults(
    source: RecipeSource, here: list[str | int], transform: Transform, step: Step
) -> list[RecipeError]:
    limited = {reading for gate in gates().for_transform(transform.name) for reading in gate.limits}
    there_are = ", ".join(sorted(limited)) or "none"
    return [
        source.error(
            [*here, "limits", reading], f"no gate after {transform.name} limits it; there are: {there_are}"
        )
        for reading in step.limits
        if reading not in limited
    ]


def _model_of(transform: Transform, step: Step, models: ModelRegistry) -> str | None:
    if transform.task is None:
        if step.model is not None:
            raise ModelError(f"{transform.name} uses no model")
        return None
    name = step.model or transform.default_model
    if name is None:
        raise ModelError(f"{transform.name} needs a model for {transform.task}")
    if step.unfilled_slot is not None:
        if not SLOT_NAME.fullmatch(step.unfilled_slot):
            raise ModelError(f"{name!r} names no slot: a slot is @ and lower-case letters, digits and _")
        return name
    models.get(name, transform.task)
    return name


def _options_of(model: str | None, step: Step, recipe: Recipe, models: ModelRegistry) -> dict[str, Any]:
    if model is None:
        if step.options:
            raise ModelError(f"{step.transform} uses no model, so there is nothing to set")
        return {}
    if "avoid" in step.options:
        raise ModelError("what must not be seen stands with the prompt: avoid in [prompts.NAME]")
    if step.unfilled_slot is not None:
        if step.options:
            raise ModelError(f"{model} may hold any model, so a recipe cannot set options for it")
        return {}
    named = step.options.get("prompt")
    if named and named not in recipe.prompts:
        names = ", ".join(sorted(recipe.prompts)) or "none"
        raise ModelError(f"prompt names a template of this recipe, [prompts.{named}]; there are: {names}")
    options = models.models[model].checked(step.options)
    options.pop("avoid", None)
    return options


def _generation_faults(source: RecipeSource, recipe: Recipe, models: ModelRegistry) -> list[RecipeError]:
    """What a recipe that generates must write down, so that its pictures can be made again and a bad run stops."""
    faults = []
    for index, step in enumerate(recipe.steps):
        if step.transform != "generate":
            continue
        place: list[str | int] = ["steps", index]
        if "seed" not in recipe.model_fields_set:
            faults.append(
                source.error([*place, "transform"], "a recipe that generates names its seed: seed = 20")
            )
        for option, example in _PINNED_OPTIONS.items():
            if not step.options.get(option):
                message = f"generate names {option} in [steps.options], such as {option} = {example}"
                faults.append(source.error([*place, "options"], message))
        model = models.models.get(step.model or "")
        if model is not None and is_moving(model.revision.partition("/")[0]):
            message = f"{step.model} is at the branch {model.revision!r}: register it at a tag or commit"
            faults.append(source.error([*place, "model"], message))
        if recipe.breaker.min_judged > MAX_CANARY:
            message = (
                f"the breaker judges {recipe.breaker.min_judged} pictures before it can stop a recipe that generates; "
                f"[breaker] min_judged is at most {MAX_CANARY}"
            )
            faults.append(source.error(["breaker", "min_judged"], message))
    return faults


def _style_faults(source: RecipeSource, recipe: Recipe) -> list[RecipeError]:
    faults = []
    for name, (low, high) in recipe.style.items():
        if name not in look.figures():
            there_are = ", ".join(look.figures())
            message = f"no such figure of a picture's look; there are: {there_are}"
        elif not low <= high:
            message = f"[{low:g}, {high:g}] is no range: the lower end stands first"
        else:
            continue
        faults.append(source.error(["style", name], message))
    return faults


def _order_faults(source: RecipeSource, transforms: list[Transform]) -> list[RecipeError]:
    def fault(index: int, message: str) -> RecipeError:
        return source.error(["steps", index, "transform"], message)

    names = [transform.name for transform in transforms]
    faults = []
    if names[0] != "admit" or "admit" in names[1:]:
        faults.append(fault(0, "the first step, and no other, is admit: nothing goes on undecoded"))
    if names[-1] != "deliver" or "deliver" in names[:-1]:
        faults.append(fault(len(names) - 1, "the last step, and no other, is deliver"))
    enlarged: str | None = None
    for index, transform in enumerate(transforms):
        if transform.removes and enlarged:
            message = f"{transform.name} stands after {enlarged}: overlays are removed before any enlargement"
            faults.append(fault(index, message))
        if transform.enlarges:
            enlarged = transform.name
    return faults
