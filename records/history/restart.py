"""Where a stopped image goes on when a person sends it round again, and with what."""

from typing import Any

import sqlalchemy as sa

from line.facts import Facts
from records import recipes
from records.tables import steps


def stopped_again(
    connection: sa.Connection,
    image: sa.Row[Any],
    values: dict[str, Any],
    mask_step: int | None,
    search_step: int | None,
) -> tuple[dict[str, Any], Facts]:
    """Columns and facts of a stopped image that goes through its step again, or through an earlier one.

    That is the step that searches for text where it stopped at the removal, and the first step that another recipe
    changes since.

    Args:
        image: its row of ``images``.
        values: columns that are written in any case.
        mask_step, search_step: see :func:`records.decisions.requeue`.
    """
    # the facts of the flagged result say that nothing is left to be removed: none of it is taken up
    current, facts = as_it_came_to(connection, image, image.step)
    if search_step is not None and image.step == mask_step and not facts.person_mask:
        current, facts = as_it_came_to(connection, image, search_step)
        values |= {"mask": None, "step": search_step}
    changed = _first_changed(connection, image)
    if changed is not None and changed.position < values.get("step", image.step):
        current, facts = str(changed.input), Facts.from_json(changed.facts).without("vendor")
        values |= {"mask": changed.input_mask, "step": changed.position}
    return values | {"current": current}, facts.without("accepted", "accepted_file")


def as_it_came_to(connection: sa.Connection, image: sa.Row[Any], position: int) -> tuple[str, Facts]:
    """The picture and the facts with which an image last came to a step, else as it stands."""
    step = connection.execute(
        sa.select(steps.c.input, steps.c.facts)
        .where(steps.c.image_id == image.id, steps.c.position == position)
        .where(recipes.ran_by(image.batch_id, image.recipe))
        .order_by(steps.c.id.desc())
        .limit(1)
    ).one_or_none()
    if step is None or step.input is None:
        return str(image.current), Facts.from_json(image.facts)
    return str(step.input), Facts.from_json(step.facts).without("vendor")


def _first_changed(connection: sa.Connection, image: sa.Row[Any]) -> sa.Row[Any] | None:
    """The record of the first step that another recipe changes since for a stopped image; None where none does."""
    newest = (
        sa.select(steps.c.position, steps.c.recipe, steps.c.input, steps.c.input_mask, steps.c.facts)
        .where(steps.c.image_id == image.id, recipes.ran_by(image.batch_id, image.recipe))
        .order_by(steps.c.id.desc())
    )
    ran = connection.execute(newest).all()
    in_effect = recipes.in_effect(connection, image.batch_id).get((image.batch_id, image.recipe))
    if in_effect is None or not ran or ran[0].recipe == in_effect:
        return None
    before, after = recipes.load(connection, ran[0].recipe), recipes.load(connection, in_effect)
    position = recipes.first_difference(before, after)
    if position is None:
        return None
    later = {row.position: row for row in reversed(ran) if row.input and row.position >= position}
    return later[min(later)] if later else None
