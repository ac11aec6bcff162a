"""A recipe without a seed."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    if "seed" not in subject.recipe.model_fields_set:
        yield Finding(Level.WARNING, "seed", "the recipe names no seed", "add a line such as: seed = 20")


CHECK = RecipeCheck(
    "unpinned_seed", "A seed that is not written down changes unnoticed when a default changes.", look
)
