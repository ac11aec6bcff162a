"""Troubles: what waits or is not taken, since when and why; shown by ``sluice status``, the progress bar and the desk.

A trouble is named by its kind and subject. Who met it reports it each time, and resolves it when it is over. A
person may dismiss one; it comes back when its sentence changes.
"""

from collections.abc import Mapping

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from line.trouble import TroubleKind
from records.tables import troubles

MAX_SENTENCE_CHARACTERS = 500


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
    """The batch has ended: no step of it waits any more, and its own budget alarms no more."""
    kinds = (TroubleKind.STEP.value, TroubleKind.BUDGET.value)
    connection.execute(sa.delete(troubles).where(troubles.c.batch_id == batch_id, troubles.c.kind.in_(kinds)))


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
