"""A parameter that the recipe opens further than the line's default and the shipped recipes do."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from review.audit.checks.recipe.breaker_cannot_trip import MAX_THRESHOLD
from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe, PlacedStep
from review.triage.changes import EVERY, GOALS


class Looser(StrEnum):
    """Which values of a parameter let more pass, or do more harm, than the shipped ones."""

    LOWER = "at least"
    HIGHER = "at most"
    OTHER = "within"


DIRECTIONS: Final[Mapping[tuple[str, str], Looser]] = {
    ("admit", "max_bytes"): Looser.HIGHER,
    ("admit", "max_pixels"): Looser.HIGHER,
    ("admit", "max_side"): Looser.HIGHER,
    ("admit", "min_side"): Looser.LOWER,
    ("deliver", "min_quality"): Looser.LOWER,
    ("deliver", "quality"): Looser.LOWER,
    ("denoise", "above"): Looser.LOWER,
    ("erase_text", "max_coverage"): Looser.HIGHER,
    ("find_text", "erase"): Looser.OTHER,
    ("find_text", "limit"): Looser.LOWER,
    ("find_text", "sure"): Looser.LOWER,
    ("find_text", "unsure"): Looser.HIGHER,
    ("upscale", "floor"): Looser.LOWER,
}
"""By step and parameter. Other numbers are opened by either direction, except those that say what is wanted."""


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        for name, value in placed.step.params.items():
            looser = _looser(placed, name, value)
            values = _shipped_values(subject, placed, name)
            if looser is not None and values and _is_opened(value, values, looser):
                yield Finding(
                    Level.WARNING,
                    placed.where,
                    f"{name} is {_text(value)}; as shipped, it is {_range(values, looser)}",
                    f"set {name} back, or compare both values on photos of your own and look at the results",
                )
    threshold = subject.recipe.breaker.threshold
    highest = max((recipe.breaker.threshold for recipe in subject.shipped), default=1.0)
    if highest < threshold <= MAX_THRESHOLD:  # above that the breaker counts as one that cannot trip
        yield Finding(
            Level.WARNING,
            "breaker.threshold",
            f"the batch goes on with up to {threshold:.0%} of artifacts; as shipped, with {highest:.0%} at most",
            "set threshold back, or mend what makes so many artifacts",
        )


def _looser(placed: PlacedStep, name: str, value: Any) -> Looser | None:
    """The direction in which a parameter is opened; None where it says what is wanted, or is no number."""
    transform = placed.step.transform
    if (transform, name) in DIRECTIONS:
        return DIRECTIONS[transform, name]
    goals = GOALS.get(transform, frozenset())
    if goals is EVERY or name in goals or isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return Looser.OTHER


def _shipped_values(subject: AuditedRecipe, placed: PlacedStep, name: str) -> list[Any]:
    """The default of a parameter, and its values in the shipped recipes."""
    field = placed.transform.schema.model_fields.get(name) if placed.transform else None
    if field is None:
        return []
    default = [] if field.is_required() else [field.get_default(call_default_factory=True)]
    return default + [
        step.params[name]
        for recipe in subject.shipped
        for step in recipe.steps
        if step.transform == placed.step.transform and name in step.params
    ]


def _is_opened(value: Any, shipped: list[Any], looser: Looser) -> bool:
    if not isinstance(value, int | float) or not all(isinstance(each, int | float) for each in shipped):
        return value not in shipped
    is_low, is_high = value < min(shipped), value > max(shipped)
    return (is_low and looser is not Looser.HIGHER) or (is_high and looser is not Looser.LOWER)


def _range(shipped: list[Any], looser: Looser) -> str:
    values = sorted(set(shipped))
    if looser is Looser.LOWER:
        return f"at least {_text(values[0])}"
    if looser is Looser.HIGHER:
        return f"at most {_text(values[-1])}"
    if len(values) > 1 and not isinstance(values[0], str):
        return f"{_text(values[0])} to {_text(values[-1])}"
    return " or ".join(map(_text, values))


def _text(value: Any) -> str:
    return (
        f'"{value}"' if isinstance(value, str) else f"{value:,}" if isinstance(value, int) else f"{value:g}"
    )


CHECK = RecipeCheck(
    "opened_parameter",
    "Limits and models were measured with the shipped values; another one may let pass what nobody has looked at.",
    look,
)
