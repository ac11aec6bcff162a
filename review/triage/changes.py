"""Changes of one recipe by which its images might pass: a limit, a parameter, a model, a rule of delivery."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from gates.contract import Limit
from gates.contract import registry as gates
from line.recipe import LimitTable, Recipe, Step
from records.slots.contents import with_steps
from tasks.context import Context
from tasks.transform import Transform

EVERY: Final = frozenset({"*"})
GOALS: Final = {
    "admit": EVERY,
    "deliver": EVERY,
    "generate": EVERY,
    "find_text": frozenset({"erase"}),
    "upscale": frozenset({"target", "floor"}),
}
"""Parameters that say what is wanted rather than how it is reached: changing one is a decision about the product."""
METHODS: Final = {"deliver": frozenset({"quality", "min_quality"})}
"""Parameters of steps whose others all say what is wanted, that say how it is reached nevertheless."""
THUMBNAIL: Final = "thumbnail_too_small"
"""Reason of a photo below the floor of the step that enlarges."""


class Kind(IntEnum):
    """What is changed, in the order in which it is offered.

    What keeps every limit as strict as it is comes before a looser limit, because a looser limit also lets bad
    pictures pass.
    """

    PARAMETER = 1
    MODEL = 2
    """The default model, the one that a promoted candidate replaced, or the one of an earlier batch."""
    LIMIT = 3
    OTHER_MODEL = 4
    """Another model in place of one that is already the default."""
    RULE = 5
    """What the recipe asks for: size, format, rules of delivery."""

    def __str__(self) -> str:
        return self.name.lower().replace("_", " ")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of one step.

    Attributes:
        key: of the recipe: ``model``, ``dilate``, ``limits.coverage``.
        before, after: its values.
        rollout: the rollout that put ``before`` there; rolling it back is the change.
    """

    position: int
    transform: str
    kind: Kind
    key: str
    before: Any
    after: Any
    rollout: int | None = None

    def __str__(self) -> str:
        text = f"steps[{self.position}] ({self.transform}): {self.key} = {_text(self.before)} → {_text(self.after)}"
        return text if self.rollout is None else f"{text} (rollout {self.rollout})"

    @property
    def is_return(self) -> bool:
        """Whether it brings back a value of the line or of an earlier batch, without a looser limit or a new choice."""
        return self.kind in (Kind.PARAMETER, Kind.MODEL)

    def apply(self, recipe: Recipe, context: Context) -> Recipe:
        """The recipe with this change."""
        steps = list(recipe.steps)
        steps[self.position] = self._changed(steps[self.position], context)
        return with_steps(recipe, steps)

    def _changed(self, step: Step, context: Context) -> Step:
        section, _, reading = self.key.partition(".")
        if section == "limits":
            table = LimitTable(at_least=self.after.at_least, at_most=self.after.at_most)
            return step.model_copy(update={"limits": {**step.limits, reading: table}})
        if self.key == "model":
            options = context.model_registry.models[self.after].checked({})
            options.pop("avoid", None)
            return step.model_copy(update={"model": self.after, "options": options, "slot": None})
        return Step(**step.model_dump() | {"limits": step.limits, self.key: self.after})


def changes_of(recipe: Recipe, context: Context, upto: int) -> list[Change]:
    """Every change of the steps up to position ``upto`` that brings one value back to the line's own.

    A step whose model is the default already is tried with the other models that are ready.
    """
    return [
        change
        for position, step in enumerate(recipe.steps[: upto + 1])
        for change in _of_step(position, step, context)
    ]


def changes_to(recipe: Recipe, earlier: Recipe, context: Context) -> list[Change]:
    """Changes that bring back the values of an earlier recipe with the same steps; none where it has other steps.

    A limit that is looser in the earlier recipe is no candidate.
    """
    if [step.transform for step in recipe.steps] != [step.transform for step in earlier.steps]:
        return []
    changes = []
    for position, (step, before) in enumerate(zip(recipe.steps, earlier.steps, strict=True)):
        if before.model != step.model and before.model in context.model_registry.models:
            changes.append(Change(position, step.transform, Kind.MODEL, "model", step.model, before.model))
        defaults = _defaults(context.transforms.get(step.transform))
        for key, default in defaults.items():
            value, after = step.params.get(key, default), before.params.get(key, default)
            if value != after:
                changes.append(Change(position, step.transform, _kind(step, key), key, value, after))
    return changes


def opened_limits(recipe: Recipe) -> list[Change]:
    """Limits that the recipe opens beyond those of the gates; each change closes one again."""
    return [
        Change(position, step.transform, Kind.LIMIT, f"limits.{reading}", limit, default)
        for position, step in enumerate(recipe.steps)
        for reading, limit, default in _limits(step)
        if default.decides and _is_wider(limit, default)
    ]


def lower_floor(recipe: Recipe, position: int, long_side: int) -> Change:
    """The change that lets photos of that long side (pixels) be enlarged."""
    step = recipe.steps[position]
    return Change(position, step.transform, Kind.RULE, "floor", step.params.get("floor"), long_side)


def _of_step(position: int, step: Step, context: Context) -> Iterator[Change]:
    transform = context.transforms.get(step.transform)
    for reading, limit, default in _limits(step):
        if limit != default and not _is_wider(limit, default):
            yield Change(position, step.transform, Kind.LIMIT, f"limits.{reading}", limit, default)
    for key, default_value in _defaults(transform).items():
        value = step.params.get(key, default_value)
        if value != default_value:
            yield Change(position, step.transform, _kind(step, key), key, value, default_value)
    yield from _other_models(position, step, transform, context)


def _kind(step: Step, key: str) -> Kind:
    """Whether a parameter says what is wanted or how it is reached."""
    goals = GOALS.get(step.transform, frozenset())
    is_goal = key in goals or (goals is EVERY and key not in METHODS.get(step.transform, ()))
    return Kind.RULE if is_goal else Kind.PARAMETER


def _defaults(transform: Transform) -> Mapping[str, Any]:
    """Defaults of the parameters; empty where one of them must be given."""
    if any(field.is_required() for field in transform.schema.model_fields.values()):
        return {}
    return transform.schema().model_dump()


def _other_models(position: int, step: Step, transform: Transform, context: Context) -> Iterator[Change]:
    """The default model first, then others that are ready and were not added by hand."""
    if transform.task is None or step.model is None:
        return
    models = context.model_registry
    ready = [name for name in models.of_task(transform.task) if models.models[name].missing() is None]
    ordered = sorted(ready, key=lambda name: (name != transform.default_model, name))
    is_default = step.model == transform.default_model
    for name in ordered:
        if name != step.model:
            kind = Kind.OTHER_MODEL if is_default or name != transform.default_model else Kind.MODEL
            yield Change(position, step.transform, kind, "model", step.model, name)


def _limits(step: Step) -> Sequence[tuple[str, Limit, Limit]]:
    """Reading, limit of the recipe, and limit of the gate, for each limit that a step sets."""
    defaults = {
        reading: limit
        for gate in gates().for_transform(step.transform)
        for reading, limit in gate.limits.items()
    }
    return [
        (reading, Limit(table.at_least, table.at_most), defaults[reading])
        for reading, table in step.limits.items()
        if reading in defaults
    ]


def _is_wider(limit: Limit, default: Limit) -> bool:
    """Whether an end of ``limit`` lies outside ``default``, or is open where that is not."""
    low = default.at_least is not None and (limit.at_least is None or limit.at_least < default.at_least)
    high = default.at_most is not None and (limit.at_most is None or limit.at_most > default.at_most)
    return low or high


def _text(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) and value else str(value) if value != "" else '""'
