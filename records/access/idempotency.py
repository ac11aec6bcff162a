"""Requests with an idempotency key: carried out once, however often they are sent.

After the draft "The Idempotency-Key HTTP Header Field" of the IETF: a repeated request gets the first one's answer, one
that is still processed is refused, and so is a key that comes again with another request.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from records.access.tables import idempotency_keys as keys

KEPT: Final = timedelta(hours=24)
"""Time for which an answer is kept."""
ABANDONED: Final = timedelta(minutes=15)
"""Time without an answer after which the process of a request counts as gone, and the request may come again."""


class KeyReusedError(InputError):
    """Raised when a key comes again with another request."""


class InProgressError(InputError):
    """Raised when the first request with the key is still processed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a request: HTTP status and JSON body."""

    status: int
    body: Any


def begin(connection: sa.Connection, token_id: int, key: str, fingerprint: str) -> Answer | None:
    """Claim a key; the answer if the request was carried out already, None if it is to be carried out now.

    Raises:
        KeyReusedError: the key was used for another request.
        InProgressError: the first request is still processed.
    """
    now = sa.func.now()
    connection.execute(sa.delete(keys).where(keys.c.token_id == token_id, keys.c.begun_at < now - KEPT))
    new = insert(keys).values(token_id=token_id, key=key, fingerprint=fingerprint).on_conflict_do_nothing()
    if connection.scalar(new.returning(keys.c.key)) is not None:
        return None
    is_abandoned = (keys.c.begun_at < now - ABANDONED).label("is_abandoned")
    row = connection.execute(sa.select(keys, is_abandoned).where(*_is(token_id, key)).with_for_update()).one()
    if row.fingerprint != fingerprint:
        raise KeyReusedError(
            f"idempotency key {key} was used for another request: use a new key for each request"
        )
    if row.status is not None:
        return Answer(row.status, row.body)
    if not row.is_abandoned:
        raise InProgressError(
            f"the first request with idempotency key {key} is still processed: send it again later"
        )
    connection.execute(sa.update(keys).where(*_is(token_id, key)).values(begun_at=now))
    return None


def finish(connection: sa.Connection, token_id: int, key: str, answer: Answer) -> None:
    """Keep the answer to a request."""
    values = {"status": answer.status, "body": answer.body}
    connection.execute(sa.update(keys).where(*_is(token_id, key)).values(values))


def abandon(connection: sa.Connection, token_id: int, key: str) -> None:
    """Give a key back: the request failed for a reason that may pass."""
    connection.execute(sa.delete(keys).where(*_is(token_id, key), keys.c.status.is_(None)))


def _is(token_id: int, key: str) -> tuple[sa.ColumnElement[bool], ...]:
    return keys.c.token_id == token_id, keys.c.key == key
