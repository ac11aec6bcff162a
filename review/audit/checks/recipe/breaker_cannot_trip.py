"""A breaker that never halts a batch, or halts it too late to save anything."""

from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe

MAX_THRESHOLD = 0.5
"""Maximum artifact rate that still protects a batch (share)."""
MAX_MIN_JUDGED = 1000
"""Maximum number of judged images before the breaker may trip."""


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    breaker = subject.recipe.breaker
    if "breaker" not in subject.recipe.model_fields_set:
        yield Finding(
            Level.WARNING,
            "breaker",
            f"the recipe does not say when to halt: the default applies, {breaker.threshold:.0%} after "
            f"{breaker.min_judged} images",
            "write the threshold that this recipe is to have under [breaker]",
        )
    if breaker.threshold >= 1:
        yield Finding(
            Level.FATAL,
            "breaker.threshold",
            f"no artifact rate is above {breaker.threshold:.0%}, so the breaker never trips",
            "set a threshold such as 0.15",
        )
    elif breaker.threshold > MAX_THRESHOLD:
        yield Finding(
            Level.WARNING,
            "breaker.threshold",
            f"the breaker trips only when more than {breaker.threshold:.0%} of the images are artifacts",
            "set a threshold such as 0.15",
        )
    if breaker.min_judged > MAX_MIN_JUDGED:
        yield Finding(
            Level.FATAL,
            "breaker.min_judged",
            f"the breaker cannot trip before {breaker.min_judged} images are judged",
            "set min_judged to a few shards, such as 40",
        )


CHECK = RecipeCheck(
    "breaker_cannot_trip",
    "Without a breaker a bad model edits the whole batch before a person notices.",
    look,
)
