"""A slot that holds no model."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        slot = placed.step.unfilled_slot
        if slot is not None and slot not in subject.records.slots:
            yield Finding(
                Level.FATAL,
                placed.where,
                f"slot @{slot} holds no model in the records of this installation",
                f"set one: sluice slots set {slot} MODEL --why TEXT",
            )


CHECK = RecipeCheck("empty_slot", "No upload can be taken with a recipe whose slot is empty.", look)
