"""A recipe that the line refuses to run."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    """Yield everything that the line refuses, except late removals, which have a check of their own."""
    late = {f"steps[{removing.index}].transform" for removing, _ in subject.late_removals()}
    for fault in subject.faults:
        if fault.key not in late:
            line = f"line {fault.line}" if fault.line else ""
            where = ": ".join(part for part in (line, fault.key or "") if part) or "recipe"
            yield Finding(Level.FATAL, where, fault.message, "correct the recipe at this place")


CHECK = RecipeCheck("refused_recipe", "No batch can run with a recipe that the line refuses.", look)
