"""A rollout that a person asks for, checked against the recipe, the gates and the models of this machine."""

from functools import partial
from typing import Any

from gates.contract import registry as gates
from line.errors import InputError, ModelError
from records.rollouts.in_force import in_force
from records.rollouts.rollout import NewRollout
from tasks.context import Context


def new_rollout(line: Context, recipe: str, step: str, candidate: str, **options: Any) -> NewRollout:
    """The rollout of a candidate beside the model that a recipe names for a step.

    Args:
        options: further attributes of :class:`NewRollout`.

    Raises:
        InputError: the recipe has no such step, the step no model or no gate, or the candidate is not ready.
    """
    followed = line.resolved(line.recipe(recipe))
    position = followed.position(step)
    if position is None:
        names = ", ".join(each.transform for each in followed.steps)
        raise InputError(f"--step {step}: recipe {followed.name} has the steps {names}")
    named, transform = followed.steps[position], line.transforms.get(step)
    if named.model is None or transform.task is None:
        raise InputError(f"--step {step}: this step uses no model")
    if not gates().for_transform(step):
        raise InputError(f"--step {step}: no gate judges this step, so nothing would be proven")
    try:
        kind = line.model_registry.get(candidate, transform.task)
    except ModelError as error:
        raise InputError(f"--candidate: {error}") from None
    if lack := kind.missing():
        raise InputError(f"--candidate {candidate} is not ready: {lack}")
    look_up = partial(in_force, step=step, model=named.model, slot=named.slot)
    incumbent = line.database.transact(look_up).model
    if incumbent == candidate:
        raise InputError(f"--candidate {candidate}: this is the model in use at {step}")
    defaults = {key: value for key, value in kind.checked({}).items() if key != "avoid"}
    return NewRollout(step, incumbent, candidate, kind.revision, kind.sha256, options=defaults, **options)


def candidates(line: Context) -> dict[str, list[str]]:
    """Models that are ready, by each step that changes pixels by a model and has gates."""
    models = line.model_registry.models.items()
    return {
        transform.name: sorted(
            name for name, model in models if model.task is transform.task and not model.missing()
        )
        for transform in line.transforms.transforms.values()
        if transform.edits and transform.task is not None and gates().for_transform(transform.name)
    }
