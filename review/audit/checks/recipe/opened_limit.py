"""A limit that the recipe opens further than the gate and the shipped recipes do."""

import math
from collections.abc import Iterator

from gates.contract import Limit
from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        for reading, table in placed.step.limits.items():
            limit = Limit(table.at_least, table.at_most)
            reference = _shipped(subject, placed.step.transform, reading)
            if reference is None or not _is_wider(limit, reference):
                continue
            yield Finding(
                Level.WARNING if limit.decides else Level.FATAL,
                placed.where,
                f"the recipe lets {reading} be {limit}; as shipped, it must be {reference}"
                if limit.decides
                else f"the recipe takes the limit of {reading} away; as shipped, it must be {reference}",
                f"set {reading} back, or measure a limit on good edits: "
                f"sluice calibrate FOLDER --transform {placed.step.transform}",
            )


def _shipped(subject: AuditedRecipe, transform: str, reading: str) -> Limit | None:
    """The widest limit of a reading among the gate's default and the shipped recipes."""
    defaults = [
        gate.limits[reading]
        for gate in subject.parts.gates.for_transform(transform)
        if reading in gate.limits and gate.limits[reading].decides
    ]
    in_recipes = [
        Limit(step.limits[reading].at_least, step.limits[reading].at_most)
        for recipe in subject.shipped
        for step in recipe.steps
        if step.transform == transform and reading in step.limits
    ]
    if not defaults:
        return None
    lows, highs = zip(*(_ends(limit) for limit in (*defaults, *in_recipes)), strict=True)
    low, high = min(lows), max(highs)
    return Limit(low if low > -math.inf else None, high if high < math.inf else None)


def _ends(limit: Limit) -> tuple[float, float]:
    low = -math.inf if limit.at_least is None else limit.at_least
    return low, math.inf if limit.at_most is None else limit.at_most


def _is_wider(limit: Limit, reference: Limit) -> bool:
    (low, high), (reference_low, reference_high) = _ends(limit), _ends(reference)
    return low < reference_low or high > reference_high


CHECK = RecipeCheck(
    "opened_limit", "The shipped limits are measured; a wider one lets defects pass that they stop.", look
)
