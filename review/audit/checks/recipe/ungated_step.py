"""A step that changes pixels and that no gate judges."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        transform = placed.transform
        if transform is None or not (transform.edits or transform.delivers):
            continue
        gates = subject.parts.gates.for_transform(transform.name)
        limits = {reading: limit for gate in gates for reading, limit in gate.limits.items()}
        closed = {reading for reading, limit in limits.items() if limit.decides}
        for reading, table in placed.step.limits.items():
            is_open = table.at_least is None and table.at_most is None
            closed = closed - {reading} if is_open else closed | {reading}
        if not closed:
            what = "no gate judges it" if not gates else "every limit of its gates is open"
            yield Finding(
                Level.FATAL,
                placed.where,
                what,
                f"add a gate for {transform.name} in gates/checks/, or close a limit in [steps.limits]",
            )


CHECK = RecipeCheck(
    "ungated_step", "A defect of a step that no gate judges reaches the customer unnoticed.", look
)
