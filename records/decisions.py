"""What people decide about an image. Each decision is one guarded move: of two people, one wins.

Every function locks the batch, changes what still stands as the person saw it, and raises
DecisionError otherwise.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from line.errors import InputError
from line.facts import Facts
from line.filenames.names import fold
from line.states import BatchState, ImageState
from records import batches, recipes
from records.history import decision_log
from records.history.restart import as_it_came_to, stopped_again
from records.images import UNFLAGGED
from records.storage import withdrawals
from records.storage.files import first_facts, free_file
from records.tables import batches as batch_table
from records.tables import images, steps

ROUND_AGAIN = frozenset(
    {
        ImageState.FLAGGED,
        ImageState.FAILED,
        ImageState.REJECTED,
        ImageState.DISCARDED,
        ImageState.DELIVERED,
    }
)
SPOKEN = ("found", "sure")
"""Masks that a person names instead of drawing them: see :func:`requeue`."""


class DecisionError(InputError):
    """Raised when an image is not (or no longer) in a state in which that can be decided."""


def accept(connection: sa.Connection, image_id: int, removing: Collection[int], last: int) -> None:
    """A person finds a flagged image good as it stands: the flagged step's result is taken up.

    Where the step proposed no result (it asked before editing), the picture goes on unedited.

    Args:
        removing: positions of removal steps; an image accepted before one of them keeps its text.
        last: position of the last step, which delivers: one flagged there goes through it again.
    """
    image = _locked(connection, image_id, {ImageState.FLAGGED})
    picture = image.proposal or image.current
    if picture is None:
        raise DecisionError(f"image {image_id}: there is no picture of it to accept; requeue or reject it")
    facts = Facts.from_json(image.facts) | Facts(accepted=True)
    if image.step == last:
        facts |= Facts(accepted_file=True)  # the very file was looked at: nothing is left to be asked about
    if any(step > image.step for step in removing):
        facts |= Facts(masked=False)
    following = min(image.step + 1, last)
    values = {"accepted": True, "facts": facts.to_json(), "step": following, "current": picture, "mask": None}
    _go(connection, image, values, "accept")


def keep(connection: sa.Connection, image_id: int, last: int) -> None:
    """A person leaves out the edit that was flagged: the picture goes on as it came to the step.

    Args:
        last: position of the last step.
    """
    image = _locked(connection, image_id, {ImageState.FLAGGED})
    if image.current is None:
        raise DecisionError(f"image {image_id}: there is no picture of it to keep; requeue or reject it")
    current, facts = as_it_came_to(connection, image, image.step)
    facts |= Facts(accepted=True, masked=False)
    values = {"accepted": True, "facts": facts.to_json(), "step": min(image.step + 1, last)}
    _go(connection, image, values | {"current": current, "mask": None}, "keep")


def reject(connection: sa.Connection, image_id: int) -> None:
    """A person decides against an image; where it was delivered, its file is to be withdrawn."""
    states = {ImageState.FLAGGED, ImageState.FAILED, ImageState.DELIVERED}
    image = _locked(connection, image_id, states)
    _move(
        connection,
        image,
        {"state": ImageState.DISCARDED, "reason": "discarded", "sentence": "A person decided against it."},
        "reject",
    )


def requeue(
    connection: sa.Connection,
    image_id: int,
    *,
    recipe: str | None = None,
    file: str | None = None,
    mask: str | None = None,
    mask_step: int | None = None,
    search_step: int | None = None,
) -> None:
    """Send an image round again; where it was delivered, its file is to be withdrawn.

    One that stopped goes through that step again as it came to it; one that stopped where text is removed is
    searched for text first, so that what is known by now of the vendor counts, unless a person drew the mask; one
    whose recipe another one replaced since goes back to the first step that this changes.

    Args:
        recipe: digest of another recipe, which starts from the original.
        file: the path that recipe delivers to.
        mask: key of a person's mask, ``"found"`` for the one the line found but did not use, ``"sure"`` to
            search it once more and let stand whatever is doubtful.
        mask_step: position of the first removal step, where a masked image starts.
        search_step: position of the step that finds text, where one with ``"sure"`` starts.
    """
    image = _locked(connection, image_id, ROUND_AGAIN)
    values: dict[str, Any] = dict(UNFLAGGED, accepted=False)
    stopped = image.state in (ImageState.FLAGGED, ImageState.FAILED)
    if recipe or image.current is None or not stopped:
        values |= {"recipe": recipe or image.recipe, "step": 0, "current": None, "mask": None}
        facts = Facts() if mask else first_facts(connection, image, recipe or image.recipe)
    elif not mask:
        values, facts = stopped_again(connection, image, values, mask_step, search_step)
    if file:
        free = free_file(connection, image.batch_id, image_id, file)
        values |= {"file": free, "fold": fold(free)}
    if mask == "sure":
        values, facts = _searched_again(connection, image, values, None if recipe else search_step)
    elif mask:
        values, facts = _masked(connection, image, values, mask, None if recipe else mask_step)
    _go(connection, image, values | {"facts": facts.without("ordered", "look_step").to_json()}, "requeue")


def refill(connection: sa.Connection, image_id: int, recipe: str, mask_step: int) -> None:
    """Remove the same mask once more by a recipe with the same steps and another model.

    Args:
        recipe: digest of that recipe.
        mask_step: position of the first step that removes.
    """
    image = _locked(connection, image_id, {ImageState.FLAGGED})
    mask = connection.scalar(
        sa.select(steps.c.input_mask)
        .where(steps.c.image_id == image_id, steps.c.position == mask_step)
        .order_by(steps.c.id.desc())
        .limit(1)
    )
    values, facts = _masked(connection, image, dict(UNFLAGGED, accepted=False), mask or "found", mask_step)
    facts = facts.without("accepted", "accepted_file", "ordered", "look_step")
    _go(connection, image, values | {"recipe": recipe, "facts": facts.to_json()}, "requeue")


def mark_ordered(connection: sa.Connection, image_id: int, look_step: int | None) -> None:
    """Note that a person ordered the edit of an image that was just requeued: it does not count for the breaker.

    Args:
        look_step: position of the first step whose result the person is shown; None where it goes on unseen.
    """
    facts = Facts(ordered=True) if look_step is None else Facts(ordered=True, look_step=look_step)
    merged = images.c.facts.concat(sa.cast(facts.to_json(), images.c.facts.type))
    connection.execute(sa.update(images).where(images.c.id == image_id).values(facts=merged))


def _searched_again(
    connection: sa.Connection, image: sa.Row[Any], values: dict[str, Any], step: int | None
) -> tuple[dict[str, Any], Facts]:
    """Columns and facts of an image that is searched again, and on which whatever is doubtful is to stand.

    Raises:
        DecisionError: it was never searched for text.
    """
    if image.current is None or step is None or Facts.from_json(image.facts).regions is None:
        raise DecisionError(f"image {image.id}: it was never searched for text")
    current, as_it_came = as_it_came_to(connection, image, step)
    return values | {"mask": None, "step": step, "current": current}, as_it_came | Facts(doubts="print")


def _masked(
    connection: sa.Connection,
    image: sa.Row[Any],
    values: dict[str, Any],
    mask: str,
    step: int | None,
) -> tuple[dict[str, Any], Facts]:
    """Columns and facts of an image from which a person's mask, or the one that was found, is to be removed.

    Raises:
        DecisionError: there is no mask, or no step that removes.
    """
    key = image.proposal_mask or image.mask if mask == "found" else mask
    if key is None:
        raise DecisionError(f"image {image.id}: no mask was found for it; give a file")
    if image.current is None or step is None:
        raise DecisionError(f"image {image.id}: a mask needs an admitted image and a step that removes")
    current, as_it_came = as_it_came_to(connection, image, step)
    facts = as_it_came | Facts(masked=True, person_mask=True)
    return values | {"mask": key, "step": step, "current": current}, facts


def rollback(connection: sa.Connection, image_id: int, position: int, transform: str) -> None:
    """Put an image back to what it was before a step and ask a person; its delivered file is to go."""
    settled = {ImageState.DELIVERED, ImageState.FAILED, ImageState.DISCARDED, ImageState.FLAGGED}
    image = _locked(connection, image_id, settled)
    step = connection.execute(
        sa.select(steps)
        .where(steps.c.image_id == image_id, steps.c.position == position)
        .where(recipes.ran_by(image.batch_id, image.recipe))
        .order_by(steps.c.id.desc())
        .limit(1)
    ).one_or_none()
    if step is None:
        raise DecisionError(f"image {image_id} never went through {transform}")
    values = dict(UNFLAGGED) | {
        "state": ImageState.FLAGGED,
        "step": position,
        "current": step.input,
        "mask": step.input_mask,
        "proposal_mask": step.input_mask,
        "facts": Facts.from_json(step.facts).without("vendor").to_json(),
        "reason": "rolled_back",
        "sentence": f"Put back to before {transform}: accept to go on without that step, or requeue.",
    }
    if image.state == ImageState.FLAGGED:  # no move, so no event; the record of the step stays
        values.pop("state")
    _move(connection, image, values, "rollback")


def flagged(connection: sa.Connection, batch_id: int, reason: str = "") -> list[int]:
    """Ids of a batch's flagged images, all or those with one reason."""
    query = sa.select(images.c.id).where(images.c.batch_id == batch_id, images.c.state == ImageState.FLAGGED)
    if reason:
        query = query.where(images.c.reason == reason)
    return list(connection.scalars(query.order_by(images.c.id)))


def _locked(connection: sa.Connection, image_id: int, states: Collection[ImageState]) -> sa.Row[Any]:
    batch_id = connection.scalar(sa.select(images.c.batch_id).where(images.c.id == image_id))
    if batch_id is None:
        raise InputError(f"there is no image {image_id}; `sluice images BATCH` lists them")
    batches.lock(connection, batch_id)
    image = connection.execute(sa.select(images).where(images.c.id == image_id).with_for_update()).one()
    if image.state not in states:
        wanted = ", ".join(sorted(state.value for state in states))
        raise DecisionError(f"image {image_id} is {image.state}; that takes one that is {wanted}")
    return image


def _go(connection: sa.Connection, image: sa.Row[Any], values: dict[str, Any], kind: str = "") -> None:
    batch_state = connection.scalar(sa.select(batch_table.c.state).where(batch_table.c.id == image.batch_id))
    if batch_state in (BatchState.HALTED, BatchState.PROBING):
        raise DecisionError(
            f"batch {image.batch_id} is {batch_state}: `sluice resume {image.batch_id}` first"
        )
    cleaned = {"reason": "", "sentence": "", "proposal": None, "proposal_mask": None}
    _move(connection, image, cleaned | values | {"state": ImageState.WAITING}, kind)
    batches.reopen(connection, image.batch_id)


def _move(connection: sa.Connection, image: sa.Row[Any], values: dict[str, Any], kind: str) -> None:
    if kind:
        decision_log.record(connection, image, kind)
    connection.execute(
        sa.update(images).where(images.c.id == image.id, images.c.state == image.state).values(values)
    )
    connection.execute(
        sa.update(batch_table)
        .where(batch_table.c.id == image.batch_id, batch_table.c.state == BatchState.DONE)
        .values(manifest_due=True)
    )
    if image.state == ImageState.DELIVERED:
        files = [(image.file, withdrawals.delivered_renditions(image.file, image.facts))]
        withdrawals.note(connection, image.batch_id, files, certain=True)
