"""Checking a recipe against the transforms, models and gates there are, and filling in what it leaves out."""

from typing import Any

from pydantic import ValidationError

from gates.contract import Limit
from gates.contract import registry as gates
from gates.metrics.picture import look
from line.errors import InputError, ModelError, RecipeError
from line.recipe import Recipe, Step, locate, parse, refusal
from models.contract import registry as models
from tasks.registry import Registry, registry
from tasks.transform import Transform


def load(name_or_path: str) -> Recipe:
    """A recipe by name or path, checked, with every default written out.

    Raises:
        RecipeError: names file, line and key, and says what is wrong.
    """
    path = locate(name_or_path)
    return check(path.read_text("utf-8"), str(path), registry())


def check(text: str, path: str, known: Registry) -> Recipe:
    """Check a recipe's text; see :func:`load`."""
    recipe = parse(text, path)
    _check_style(text, path, recipe)
    steps = [_check_step(text, path, index, step, known, recipe) for index, step in enumerate(recipe.steps)]
    _check_order(text, path, [known.get(step.transform) for step in steps])
    return recipe.model_copy(update={"steps": tuple(steps)})


def limits_of(step: Step) -> dict[str, Limit]:
    """The limits a step sets over those of the gates."""
    return {reading: Limit(table.at_least, table.at_most) for reading, table in step.limits.items()}


def _check_step(text: str, path: str, index: int, step: Step, known: Registry, recipe: Recipe) -> Step:
    def refuse(message: str, *keys: str) -> RecipeError:
        return refusal(text, path, ["steps", index, *keys], message)

    try:
        transform = known.get(step.transform)
    except InputError as error:
        raise refuse(str(error), "transform") from None
    try:
        params = transform.schema(**step.params)
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"] if isinstance(part, str)]
        allowed = ", ".join(sorted(transform.schema.model_fields)) or "none"
        raise refuse(f"{first['msg']} ({transform.name} takes: {allowed})", *keys) from None
    try:
        model = _model_of(transform, step)
    except ModelError as error:
        raise refuse(str(error), "model") from None
    try:
        options = _options_of(model, step, recipe)
    except ModelError as error:
        raise refuse(str(error), "options") from None
    except ValidationError as error:
        first = error.errors()[0]
        keys = [str(part) for part in first["loc"] if isinstance(part, str)]
        raise refuse(f"{first['msg']} (an option of {model})", "options", *keys) from None
    limited = {reading for gate in gates().for_transform(transform.name) for reading in gate.limits}
    for reading in step.limits:
        if reading not in limited:
            there_are = ", ".join(sorted(limited)) or "none"
            raise refuse(
                f"no gate after {transform.name} limits it; there are: {there_are}", "limits", reading
            )
    filled: dict[str, Any] = {
        "transform": step.transform,
        "model": model,
        "limits": step.limits,
        "options": options,
    }
    return Step(**filled, **params.model_dump())


def _model_of(transform: Transform, step: Step) -> str | None:
    if transform.task is None:
        if step.model is not None:
            raise ModelError(f"{transform.name} uses no model")
        return None
    name = step.model or transform.default_model
    if name is None:
        raise ModelError(f"{transform.name} needs a model for {transform.task}")
    models().get(name, transform.task)
    return name


def _options_of(model: str | None, step: Step, recipe: Recipe) -> dict[str, Any]:
    if model is None:
        if step.options:
            raise ModelError(f"{step.transform} uses no model, so there is nothing to set")
        return {}
    if "avoid" in step.options:
        raise ModelError("what must not be seen stands with the prompt: avoid in [prompts.NAME]")
    named = step.options.get("prompt")
    if named and named not in recipe.prompts:
        known = ", ".join(sorted(recipe.prompts)) or "none"
        raise ModelError(f"prompt names a template of this recipe, [prompts.{named}]; there are: {known}")
    options = models().models[model].checked(step.options)
    options.pop("avoid", None)
    return options


def _check_style(text: str, path: str, recipe: Recipe) -> None:
    for name, (low, high) in recipe.style.items():
        if name not in look.figures():
            there_are = ", ".join(look.figures())
            raise refusal(
                text, path, ["style", name], f"no such figure of a picture's look; there are: {there_are}"
            )
        if not low <= high:
            raise refusal(
                text, path, ["style", name], f"[{low:g}, {high:g}] is no range: the lower end stands first"
            )


def _check_order(text: str, path: str, transforms: list[Transform]) -> None:
    def refuse(index: int, message: str) -> RecipeError:
        return refusal(text, path, ["steps", index, "transform"], message)

    names = [transform.name for transform in transforms]
    if names[0] != "admit" or "admit" in names[1:]:
        raise refuse(0, "the first step, and no other, is admit: nothing goes on undecoded")
    if names[-1] != "deliver" or "deliver" in names[:-1]:
        raise refuse(len(names) - 1, "the last step, and no other, is deliver")
    enlarged: str | None = None
    for index, transform in enumerate(transforms):
        if transform.removes and enlarged:
            raise refuse(
                index,
                f"{transform.name} stands after {enlarged}: overlays are removed before any enlargement",
            )
        if transform.enlarges:
            enlarged = transform.name


def file_of(recipe: Recipe) -> str:
    """The extension of the files a recipe delivers, with its dot."""
    wished = recipe.steps[-1].params.get("format", "jpeg")
    return {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}.get(str(wished), f".{wished}")


def removing(recipe: Recipe) -> list[int]:
    """Positions of the steps that remove something by a mask."""
    known = registry()
    return [i for i, step in enumerate(recipe.steps) if known.get(step.transform).removes]
