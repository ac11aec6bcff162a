"""Recipes that some batch ran, kept by the hash of their content, and recipes that took their place in a batch."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import distinct_on, insert

from line.errors import InputError
from line.recipe import Recipe
from line.states import BatchState, ImageState
from records.tables import batches, images, recipe_changes, recipes, steps

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


def replace(
    connection: sa.Connection, batch_id: int, digest: str, other: Recipe, *, person: str, why: str
) -> None:
    """Let new shards of a batch that follow the recipe ``digest`` run by another one with the same steps.

    Images stay where they are: what is on record of their earlier steps still counts.

    Raises:
        InputError: the other recipe has other steps.
    """
    transforms = [step.transform for step in load(connection, digest).steps]
    if [step.transform for step in other.steps] != transforms:
        raise InputError(
            f"batch {batch_id} has the steps {', '.join(transforms)}, and another recipe must have the same; "
            "send its images through other steps with sluice requeue --recipe"
        )
    values = {"batch_id": batch_id, "recipe": digest, "runs_as": save(connection, other)}
    connection.execute(sa.insert(recipe_changes).values(**values, why=why, person=person))


def in_effect(connection: sa.Connection, batch_id: int | None = None) -> dict[tuple[int, str], str]:
    """Digest of the recipe that new shards run by, by batch and recipe, where it is another one.

    Args:
        batch_id: one batch; all that are not done where None.
    """
    newest = (
        sa.select(recipe_changes.c.batch_id, recipe_changes.c.recipe, recipe_changes.c.runs_as)
        .ext(distinct_on(recipe_changes.c.batch_id, recipe_changes.c.recipe))
        .order_by(recipe_changes.c.batch_id, recipe_changes.c.recipe, recipe_changes.c.id.desc())
    )
    if batch_id is not None:
        newest = newest.where(recipe_changes.c.batch_id == batch_id)
    else:
        unfinished = sa.select(batches.c.id).where(batches.c.state != BatchState.DONE)
        newest = newest.where(recipe_changes.c.batch_id.in_(unfinished))
    return {(row.batch_id, row.recipe): row.runs_as for row in connection.execute(newest)}


def ran_by(
    batch_id: int | sa.ColumnElement[int], digest: str | sa.ColumnElement[str]
) -> sa.ColumnElement[bool]:
    """Condition on ``steps``: the step ran by that recipe of a batch, or by one that took its place."""
    replaced = (
        sa.exists()
        .where(
            recipe_changes.c.batch_id == batch_id,
            recipe_changes.c.recipe == digest,
            recipe_changes.c.runs_as == steps.c.recipe,
        )
        .correlate_except(recipe_changes)  # ``digest`` may be a column of a select further out
    )
    return sa.or_(steps.c.recipe == digest, replaced)


def of_prefix(connection: sa.Connection, prefix: str) -> Recipe:
    """The recorded recipe whose digest begins so.

    Raises:
        InputError: there is none, or several.
    """
    query = sa.select(recipes.c.digest).where(recipes.c.digest.startswith(prefix, autoescape=True)).limit(2)
    digests = list(connection.scalars(query))
    if len(digests) != 1:
        how_many = "several recorded recipes begin" if digests else "no recorded recipe begins"
        raise InputError(
            f"{how_many} with {prefix}; `sluice triage BATCH` prints the digest of what it proposes"
        )
    return load(connection, digests[0])


def first_difference(one: Recipe, other: Recipe) -> int | None:
    """Position of the first step that two recipes with the same steps run differently; None where there is none."""
    pairs = enumerate(zip(one.steps, other.steps, strict=True))
    return next((position for position, (step, changed) in pairs if step != changed), None)


def go_back(connection: sa.Connection, batch_id: int, position: int) -> int:
    """Put held images that went through the step at ``position`` back to before it; answers how many.

    The batch must be locked.
    """
    latest = (
        sa.select(steps.c.image_id, steps.c.input, steps.c.input_mask, steps.c.facts)
        .ext(distinct_on(steps.c.image_id))
        .where(steps.c.batch_id == batch_id, steps.c.position == position)
        .order_by(steps.c.image_id, steps.c.id.desc())
        .subquery()
    )
    moved = connection.execute(
        sa.update(images)
        .where(
            images.c.id == latest.c.image_id,
            images.c.batch_id == batch_id,
            images.c.state == ImageState.HELD,
            images.c.step > position,
        )
        .values(
            step=position,
            current=latest.c.input,
            mask=latest.c.input_mask,
            facts=latest.c.facts.op("-")("vendor"),
        )
    )
    return moved.rowcount
