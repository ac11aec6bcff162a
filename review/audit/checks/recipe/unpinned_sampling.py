"""A diffusion model without a named scheduler or number of steps."""

from collections.abc import Iterator

from models.inference.sampling import Sampling
from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe

PINNED = ("scheduler", "steps")
"""Options of a diffusion model that a recipe writes out."""


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        schema = placed.model.options_schema if placed.model else None
        if schema is None or not issubclass(schema, Sampling):
            continue
        unpinned = [option for option in PINNED if not placed.step.options.get(option)]
        if unpinned:
            yield Finding(
                Level.WARNING,
                f"{placed.where} options",
                f"{' and '.join(unpinned)} of the diffusion model {'is' if len(unpinned) == 1 else 'are'} not named",
                'write them out in [steps.options], such as scheduler = "DDIMScheduler" and steps = 30',
            )


CHECK = RecipeCheck(
    "unpinned_sampling",
    "The saved scheduler of a pipeline comes with its weights: another revision then makes other pictures.",
    look,
)
