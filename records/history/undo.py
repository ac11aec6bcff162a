"""Undoing a person's decision: the image is put back to what it was before, wherever it has come to meanwhile.

An image that a worker has in hand is put back when the worker is done with it; until then the order stands in the log.
"""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from line.errors import InputError
from line.states import BatchState, ImageState
from records import batches
from records.database import Database
from records.history.decision_log import RESTORED, SHOWN, current_actor, newest_answers, standing
from records.storage import withdrawals
from records.tables import batches as batch_table
from records.tables import decisions, images


class UndoError(InputError):
    """Raised when a decision cannot be undone."""


@dataclass(frozen=True, slots=True)
class Undone:
    """What undoing did.

    Attributes:
        kind: of the decision: accept, keep, reject, requeue or rollback.
        is_pending: whether a worker has the image in hand, so that it is put back in a moment.
        others: the same of the other images, where one answer to many was undone.
    """

    image: int
    batch: int
    kind: str
    is_pending: bool
    others: tuple["Undone", ...] = ()

    @property
    def images(self) -> int:
        """Number of images that are put back."""
        return 1 + len(self.others)


def undo_last(connection: sa.Connection, actor: str) -> Undone:
    """Undo the newest answer of a person that is not undone, among the last ``SHOWN``.

    Raises:
        UndoError: there is none, or it cannot be undone.
    """
    recent = newest_answers(actor).subquery()
    query = (
        sa.select(decisions.c.id)
        .join(recent, sa.or_(decisions.c.id == recent.c.id, decisions.c.bulk_id == recent.c.bulk_id))
        .where(decisions.c.undo_by.is_(None))
        .order_by(decisions.c.id.desc())
        .limit(1)
    )
    decision_id = connection.scalar(query)
    if decision_id is None:
        raise UndoError(f"there is nothing to undo: the last {SHOWN} decisions of {actor} are all undone")
    return undo_answer(connection, decision_id)


def undo_answer(connection: sa.Connection, decision_id: int) -> Undone:
    """Undo one decision, and where it is part of one answer to many images, the others of it.

    Of many, those that somebody decided about again since are left as they are.

    Raises:
        UndoError: no decision of it can be undone.
    """
    bulk_id = connection.scalar(sa.select(decisions.c.bulk_id).where(decisions.c.id == decision_id))
    if bulk_id is None:
        return undo(connection, decision_id)
    later = decisions.alias()
    again = sa.exists().where(
        later.c.image_id == decisions.c.image_id, later.c.id > decisions.c.id, later.c.undo_by.is_(None)
    )
    standing_parts = (
        sa.select(decisions.c.id)
        .where(decisions.c.bulk_id == bulk_id, decisions.c.undo_by.is_(None), ~again)
        .order_by(decisions.c.batch_id, decisions.c.id.desc())
    )
    undone = [undo(connection, part) for part in connection.scalars(standing_parts).all()]
    if not undone:
        raise UndoError("this answer cannot be undone: it is undone already, or decided again since")
    return replace(undone[0], others=tuple(undone[1:]))


def undo_image(connection: sa.Connection, image_id: int) -> Undone:
    """Undo the newest decision about an image, whoever took it.

    Raises:
        UndoError: nobody decided about it, or the decision cannot be undone.
    """
    decision_id = standing(connection, image_id)
    if decision_id is None:
        raise UndoError(f"image {image_id}: there is no decision to undo")
    return undo(connection, decision_id)


def undo(connection: sa.Connection, decision_id: int) -> Undone:
    """Undo one decision, if none about the same image was taken after it.

    Raises:
        UndoError: there is no such decision, it is undone, or another one was taken after it.
    """
    decision = connection.execute(sa.select(decisions).where(decisions.c.id == decision_id)).one_or_none()
    if decision is None:
        raise UndoError(f"there is no decision {decision_id}")
    batches.lock(connection, decision.batch_id)
    newest = standing(connection, decision.image_id)
    if newest != decision_id:
        later = "it is undone already" if newest is None or newest < decision_id else "decided again since"
        raise UndoError(f"the decision about image {decision.image_id} cannot be undone: {later}")
    order = sa.update(decisions).where(decisions.c.id == decision_id).values(undo_by=current_actor())
    connection.execute(order)
    is_pending = not _put_back(connection, decision)
    return Undone(decision.image_id, decision.batch_id, decision.kind, is_pending)


def put_back_pending(database: Database) -> None:
    """Put back the images that workers had in hand when their decisions were undone."""
    query = (
        sa.select(decisions)
        .where(decisions.c.undo_by.is_not(None), decisions.c.undone_at.is_(None))
        .order_by(decisions.c.id)
    )
    for decision in database.transact(lambda connection: connection.execute(query).all()):
        work = partial(_put_back_later, decision=decision)
        database.transact(work, actor=decision.undo_by)


def _put_back_later(connection: sa.Connection, decision: sa.Row[Any]) -> None:
    batches.lock(connection, decision.batch_id)
    _put_back(connection, decision)


def _put_back(connection: sa.Connection, decision: sa.Row[Any]) -> bool:
    """Put an image back, its batch being locked; False where a worker has it in hand or the batch is halted."""
    image = connection.execute(
        sa.select(images).where(images.c.id == decision.image_id).with_for_update()
    ).one()
    if image.state == ImageState.WORKING:
        return False
    values = {name: decision.before[name] for name in RESTORED if name in decision.before} | {"probe": False}
    if values["state"] == ImageState.DELIVERED:  # its file was withdrawn, and the last step writes it anew
        if image.state == ImageState.HELD or not _is_running(connection, image.batch_id):
            return False
        values["state"] = ImageState.WAITING
    if values["state"] == image.state:  # no move, so no event
        values.pop("state")
    connection.execute(sa.update(images).where(images.c.id == image.id).values(values))
    if image.state == ImageState.DELIVERED:
        files = [(image.file, withdrawals.delivered_renditions(image.file, image.facts))]
        withdrawals.note(connection, image.batch_id, files, certain=True)
    done = sa.update(decisions).where(decisions.c.id == decision.id).values(undone_at=sa.func.now())
    connection.execute(done)
    if values.get("state") == ImageState.WAITING:
        batches.reopen(connection, image.batch_id)
    connection.execute(
        sa.update(batch_table)
        .where(batch_table.c.id == image.batch_id, batch_table.c.state == BatchState.DONE)
        .values(manifest_due=True)
    )
    return True


def _is_running(connection: sa.Connection, batch_id: int) -> bool:
    return batches.get(connection, batch_id).state in (BatchState.RUNNING, BatchState.DONE)
