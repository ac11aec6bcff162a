"""A model whose licence forbids sale, or binds what is sold."""

import re
from collections.abc import Iterator

from review.audit.contract import Finding, Level, RecipeCheck
from review.audit.subject import AuditedRecipe

NON_COMMERCIAL = re.compile(
    r"\bNC\b|non-?commercial|research[- ]only|academic|CC-BY-NC|OpenRAIL\+*-?N", re.IGNORECASE
)
COPYLEFT = re.compile(r"\bA?GPL\b|\bAGPL|\bGPL|CC-BY-SA|CC-BY-ND", re.IGNORECASE)
UNKNOWN = frozenset({"", "unknown", "none", "other", "noassertion", "proprietary"})


def look(subject: AuditedRecipe) -> Iterator[Finding]:
    for placed in subject.steps():
        if placed.model is None:
            continue
        name, licence = placed.model.name, placed.model.licence.strip()
        if NON_COMMERCIAL.search(licence):
            yield Finding(
                Level.FATAL,
                placed.where,
                f"{name} has the licence {licence}, which forbids use for sale",
                f"use another model; `sluice models` lists those for {placed.model.task}",
            )
        elif licence.lower() in UNKNOWN:
            yield Finding(
                Level.WARNING,
                placed.where,
                f"the licence of {name} is not on record",
                "find the licence and register the weights with it: sluice models add FILE --licence SPDX",
            )
        elif COPYLEFT.search(licence):
            yield Finding(
                Level.WARNING,
                placed.where,
                f"{name} has the licence {licence}, which binds what is built with it",
                "let somebody who knows licences decide, or use another model",
            )


CHECK = RecipeCheck(
    "licence", "Pictures that are sold may not be made with a model whose licence forbids it.", look
)
