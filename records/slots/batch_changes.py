"""Batches whose new shards run by another model than they began with, because a slot was reverted."""

from collections.abc import Mapping

import sqlalchemy as sa

from line.recipe import Recipe
from line.states import ImageState
from records import batches, recipes
from records.slots import contents
from records.slots.contents import Change
from records.tables import image_counts, images

_OPEN = (ImageState.WAITING, ImageState.WORKING, ImageState.HELD, ImageState.FLAGGED)
"""States of images that may still go through a step."""


def revert(
    connection: sa.Connection, slot: str, *, person: str, why: str
) -> tuple[Change, Change, list[int]]:
    """Go back one step, for batches to come and for new shards of those that have images to process.

    Shards that were published before end as they began.

    Returns:
        The change that was undone, the one whose model the slot holds again, and the batches whose new shards
        run by it.

    Raises:
        SlotError: there is nothing to go back to.
    """
    undone, earlier = contents.take_back(connection, slot, person=person, why=why)
    reason = {"person": person, "why": f"slot {slot} reverted: {why}" if why else f"slot {slot} reverted"}
    changed = [
        batch_id
        for batch_id in _open_batches(connection)
        if _change_batch(connection, batch_id, undone, earlier, reason)
    ]
    return undone, earlier, changed


def catch_up(connection: sa.Connection, batch_id: int, recipe: Recipe) -> None:
    """Let a batch that is being recorded follow the slots as they are at the end of that.

    Recording a large upload takes minutes, in which a slot may be reverted.
    """
    if all(step.slot is None for step in recipe.steps):
        return
    contents.lock(connection)
    held, filled = contents.current(connection), recipe
    for slot in {step.slot for step in recipe.steps if step.slot in held}:
        filled = contents.with_content(filled, slot, held[slot].content)
    if filled.digest != recipe.digest:
        recipes.replace(
            connection, batch_id, recipe.digest, filled, person="line", why="a slot was changed during intake"
        )


def _change_batch(
    connection: sa.Connection, batch_id: int, undone: Change, earlier: Change, reason: Mapping[str, str]
) -> bool:
    """Whether the batch has images whose new shards would have run by the model that was taken back."""
    batches.lock(connection, batch_id)
    in_effect = recipes.in_effect(connection, batch_id)
    is_changed = False
    for digest in _recipes_of(connection, batch_id):
        recipe = recipes.load(connection, in_effect.get((batch_id, digest), digest))
        models = {step.model for step in recipe.steps if step.slot == undone.slot}
        if undone.content.model not in models:
            continue
        other = contents.with_content(recipe, undone.slot, earlier.content)
        recipes.replace(connection, batch_id, digest, other, **reason)
        is_changed = True
    return is_changed


def _open_batches(connection: sa.Connection) -> list[int]:
    query = sa.select(image_counts.c.batch_id).distinct().order_by(image_counts.c.batch_id)
    return list(connection.scalars(query.where(image_counts.c.state.in_(_OPEN), image_counts.c.images > 0)))


def _recipes_of(connection: sa.Connection, batch_id: int) -> list[str]:
    query = (
        sa.select(images.c.recipe).distinct().where(images.c.batch_id == batch_id, images.c.state.in_(_OPEN))
    )
    return sorted(connection.scalars(query))
