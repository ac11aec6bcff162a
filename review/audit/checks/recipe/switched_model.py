"""A model that differs from the one in use, without evidence."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    in_use = subject.records.in_use.get(subject.recipe.name, {})
    for placed in subject.steps():
        transform, model = placed.step.transform, placed.model
        before = in_use.get(transform)
        if model is None or before in (None, model.name) or (transform, model.name) in subject.records.proven:
            continue
        yield Finding(
            Level.WARNING,
            placed.where,
            f"{model.name} replaces {before}, which the last finished batch of this recipe used",
            f"compare them on your photos: sluice match {before} {model.name} --set DIR",
        )


CHECK = RecipeCheck(
    "switched_model",
    "A model that is switched without a comparison is how bad pictures reach a launch.",
    look,
)
