"""Recipes that some batch ran, kept by the hash of their content."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from line.recipe import Recipe
from records.tables import recipes

_cache: dict[str, Recipe] = {}
"""Recipes this process has read: what a digest names never changes."""


def save(connection: sa.Connection, recipe: Recipe) -> str:
    """Keep a recipe and answer its digest."""
    row = {"digest": recipe.digest, "name": recipe.name, "body": recipe.model_dump(mode="json")}
    connection.execute(insert(recipes).values(row).on_conflict_do_nothing())
    return recipe.digest


def load(connection: sa.Connection, digest: str) -> Recipe:
    """The recipe of that digest.

    Raises:
        InputError: no batch ever ran it.
    """
    if digest not in _cache:
        body = connection.scalar(sa.select(recipes.c.body).where(recipes.c.digest == digest))
        if body is None:
            raise InputError(f"no recipe with digest {digest} is recorded")
        _cache[digest] = Recipe.model_validate(body, strict=False)
    return _cache[digest]
