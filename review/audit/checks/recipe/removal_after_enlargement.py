"""A step that removes overlays after a step that enlarges."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for removing, enlarging in subject.late_removals():
        yield Finding(
            Level.FATAL,
            removing.where,
            f"{removing.step.transform} stands after {enlarging.step.transform}",
            f"move {removing.step.transform} before {enlarging.step.transform}",
        )


CHECK = RecipeCheck(
    "removal_after_enlargement",
    "An enlarged overlay blends into its surroundings: its mask no longer fits, and its seams are enlarged too.",
    look,
)
