"""Which images need a step: conditions on an image's facts that transforms declare as ``needed``.

They stand apart from the transforms because the scheduler plans by them and imports no pixels.
"""

from line.facts import Facts


def is_masked(facts: Facts, **params: object) -> bool:
    """Whether an earlier step or a person left a mask."""
    return facts.masked


def is_small(facts: Facts, *, target: int, **params: object) -> bool:
    """Whether the long side is below ``target``."""
    return max(facts.size()) < target
