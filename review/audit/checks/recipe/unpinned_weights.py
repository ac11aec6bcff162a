"""Weights without a hash, or at a revision that moves."""

from collections.abc import Iterator

from models.weights.manifest import is_moving
from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        name = placed.model.name if placed.model else ""
        weights = subject.parts.weights.get(name)
        if weights is None:
            continue
        unhashed = [file.path for file in weights.files if len(file.sha256) < 64]
        if unhashed:
            yield Finding(
                Level.FATAL,
                placed.where,
                f"{name}: no full hash of {', '.join(unhashed)} is on record",
                f"pull it with a hash that you trust: sluice models pull {name} --sha256 HASH",
            )
        if is_moving(weights.revision):
            yield Finding(
                Level.WARNING,
                placed.where,
                f"{name}: the revision {weights.revision or '(none)'} is a branch, not a version",
                "register the weights at a tag or commit: sluice models add FILE --revision REVISION",
            )


CHECK = RecipeCheck(
    "unpinned_weights",
    "Weights that are not pinned by hash may be replaced, and no record would show it.",
    look,
)
