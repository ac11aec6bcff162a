"""A breaker that trips on too few images."""

import math
from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe

MIN_ARTIFACTS = 3
"""Minimum number of artifacts that should be needed to trip the breaker."""


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    breaker = subject.recipe.breaker
    needed = math.floor(breaker.threshold * breaker.min_judged) + 1
    if needed < MIN_ARTIFACTS and breaker.threshold < 1:  # one that never trips is another red flag
        wanted = math.ceil((MIN_ARTIFACTS - 1) / breaker.threshold) if breaker.threshold else 40
        yield Finding(
            Level.WARNING,
            "breaker.min_judged",
            f"{needed} {'artifact' if needed == 1 else 'artifacts'} among the first {breaker.min_judged} images "
            f"{'halts' if needed == 1 else 'halt'} the batch",
            f"set min_judged to at least {wanted}",
        )


CHECK = RecipeCheck(
    "sample_minimum",
    "A rate over a handful of images is chance, and a batch that halts by chance costs a person.",
    look,
)
