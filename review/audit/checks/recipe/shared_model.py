"""One model, or one set of weights, for unlike jobs."""

from collections import defaultdict
from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe, PlacedStep


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    users: dict[str, list[PlacedStep]] = defaultdict(list)
    for placed in subject.steps():
        if placed.model is not None:
            users[placed.model.sha256 or placed.model.name].append(placed)
    for steps in users.values():
        transforms = list(dict.fromkeys(placed.step.transform for placed in steps))
        if len(transforms) > 1 and steps[0].model:
            yield Finding(
                Level.WARNING,
                steps[1].where,
                f"the weights of {steps[0].model.name} serve {' and '.join(transforms)}",
                "name a specialised model for each step; `sluice models` lists them by task",
            )


CHECK = RecipeCheck(
    "shared_model",
    "A model trained for one job does another one poorly, and one fault then spreads to two steps.",
    look,
)
