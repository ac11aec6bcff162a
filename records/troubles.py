"""Troubles: what waits or is not taken, since when and why; shown by ``sluice status``, the progress bar and the desk.

A trouble is named by its kind and subject. Who met it reports it each time, and resolves it when it is over. A
person may dismiss one; it comes back when its sentence changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from records.tables import troubles


class TroubleKind(StrEnum):
    """What a trouble is about; decides who resolves it."""

    INGEST = "ingest"  # something in the ingest bucket that is not taken
    ARRIVING = "arriving"  # an upload that is not complete yet: nothing is wrong
    STEP = "step"  # a step of a batch that is tried again; resolved when the step succeeds
    BATCH = "batch"  # a batch's manifest or withdrawn files; resolved when they are written
    PROGRAM = "program"  # a process of this machine that keeps dying
    SERVER = "server"  # Redis, or the bucket as a whole

    @property
    def concerns_batches(self) -> bool:
        """Whether batches wait for it, and not only uploads."""
        return self not in (TroubleKind.INGEST, TroubleKind.ARRIVING)


MAX_SENTENCE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble as people read it.

    Attributes:
        subject: what waits, such as ``ingest/acme/spring`` or ``batch 3: deliver``.
        sentence: why, and how to mend it.
        times: how often it was met.
    """

    id: int
    kind: TroubleKind
    subject: str
    sentence: str
    since: datetime
    seen_at: datetime
    times: int
    batch_id: int | None

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"


def report(
    connection: sa.Connection, kind: TroubleKind, subject: str, sentence: str, batch_id: int | None = None
) -> None:
    """Note a trouble, or that it is still there; ``since`` stays that of the first time."""
    values = {
        "kind": kind.value,
        "subject": subject,
        "sentence": " ".join(sentence.split())[:MAX_SENTENCE_CHARACTERS],
        "batch_id": batch_id,
    }
    statement = insert(troubles).values(values)
    same = troubles.c.sentence == statement.excluded.sentence
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject"],
            set_={
                "sentence": statement.excluded.sentence,
                "batch_id": statement.excluded.batch_id,
                "seen_at": sa.func.now(),
                "times": troubles.c.times + 1,
                "dismissed_at": sa.case((same, troubles.c.dismissed_at), else_=None),
            },
        )
    )


def resolve(connection: sa.Connection, kind: TroubleKind, subject: str) -> None:
    """The trouble is over."""
    connection.execute(
        sa.delete(troubles).where(troubles.c.kind == kind.value, troubles.c.subject == subject)
    )


def replace(connection: sa.Connection, kind: TroubleKind, sentences: Mapping[str, str]) -> None:
    """All troubles of that kind are these, by subject; others of that kind are over."""
    for subject, sentence in sentences.items():
        report(connection, kind, subject, sentence)
    connection.execute(
        sa.delete(troubles).where(troubles.c.kind == kind.value, troubles.c.subject.not_in(list(sentences)))
    )


def resolve_batch(connection: sa.Connection, batch_id: int) -> None:
    """The batch has ended: no step of it waits any more."""
    connection.execute(
        sa.delete(troubles).where(troubles.c.batch_id == batch_id, troubles.c.kind == TroubleKind.STEP.value)
    )


def current(connection: sa.Connection, batch_id: int | None = None) -> list[Trouble]:
    """The troubles that nobody dismissed, oldest first; of one batch and of none where it is named."""
    query = (
        sa.select(troubles).where(troubles.c.dismissed_at.is_(None)).order_by(troubles.c.since, troubles.c.id)
    )
    if batch_id is not None:
        query = query.where(sa.or_(troubles.c.batch_id == batch_id, troubles.c.batch_id.is_(None)))
    return [
        Trouble(
            row.id,
            TroubleKind(row.kind),
            row.subject,
            row.sentence,
            row.since,
            row.seen_at,
            row.times,
            row.batch_id,
        )
        for row in connection.execute(query)
    ]


def dismiss(connection: sa.Connection, trouble_id: int) -> str:
    """A person has seen it and wants to see it no more; answers its subject.

    Raises:
        InputError: there is no such trouble.
    """
    subject = connection.scalar(
        sa.update(troubles)
        .where(troubles.c.id == trouble_id)
        .values(dismissed_at=sa.func.now())
        .returning(troubles.c.subject)
    )
    if subject is None:
        raise InputError(f"there is no trouble {trouble_id}; `sluice status` lists them")
    return str(subject)
