"""From an image's facts to the chain it travels next. Pure."""

import math
from typing import Any

from line.facts import Facts
from line.recipe import Recipe
from records.shards import Route
from tasks.declaration import Declaration
from tasks.registry import DeclarationRegistry


def route(recipe: Recipe, position: int, facts: Facts, registry: DeclarationRegistry[Any]) -> Route:
    """The steps from ``position`` on that can be decided now, as far as one chain may carry them.

    A chain ends after a step whose findings decide what follows: nothing is planned on facts that
    are not known yet.
    """
    steps = [(index, registry.get(step.transform)) for index, step in enumerate(recipe.steps)][position:]
    taken: list[tuple[int, Declaration]] = []
    informed = position > 0
    for index, transform in steps:
        if transform.needed is not None:
            if not informed:
                break
            if not transform.is_needed(facts, recipe.steps[index].params):
                continue
        taken.append((index, transform))
        if transform.informs:
            break
    return Route(
        tuple(index for index, _ in taken),
        tuple(transform.name for _, transform in taken),
        tuple(transform.queue for _, transform in taken),
    )


def certain_queues(recipe: Recipe, position: int, registry: DeclarationRegistry[Any]) -> tuple[str, ...]:
    """Queues of every route from ``position`` on, whatever the facts of an image."""
    queues: list[str] = []
    for step in recipe.steps[position:]:
        transform = registry.get(step.transform)
        if transform.needed is None:
            queues.append(transform.queue)
        if transform.informs or (transform.needed is not None and position == 0):
            break
    return tuple(queues)


def megapixels(facts: Facts, size: int) -> float:
    """Megapixels of an image; guessed from its bytes before it is decoded (JPEG at ~2.5 bits a pixel)."""
    if facts.width is not None and facts.height is not None:
        return facts.width * facts.height / 1e6
    return max(0.01, size / 0.3e6)


def size_class(pixels: float) -> int:
    """Images of one class differ in area by a factor of two at most, so they batch well on a GPU."""
    return math.ceil(math.log2(max(pixels, 0.25)))
