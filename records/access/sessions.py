"""Logins of people at the desk, by cookie. Only a digest of each cookie is stored."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from records.access.tables import sessions

IDLE_HOURS: Final = 12
"""Time without a request after which a session ends (h)."""
MAX_DAYS: Final = 7
"""Time after its login at which a session ends (days)."""
TOUCH_SECONDS: Final = 60
"""A request renews a session if it was last renewed longer ago (s)."""


@dataclass(frozen=True, slots=True)
class Session:
    """A login that has not ended.

    Attributes:
        digest: of the cookie.
        person: name of the person.
        credential: digest of what the person logged in by; the session ends when that changes.
    """

    digest: str
    person: str
    credential: str


def create(connection: sa.Connection, person: str, credential: str) -> str:
    """Begin a session and return its cookie; sessions that are over are removed."""
    connection.execute(sa.delete(sessions).where(~_IS_OPEN))
    cookie = secrets.token_urlsafe(32)
    values = {"digest": digest_of(cookie), "person": person, "credential": credential}
    connection.execute(sa.insert(sessions).values(values))
    return cookie


def find(connection: sa.Connection, cookie: str) -> Session | None:
    """The session of a cookie, which is used now; None if it ended or never was."""
    row = connection.execute(sa.select(sessions).where(_is(cookie), _IS_OPEN)).one_or_none()
    if row is None:
        return None
    is_due = sessions.c.used_at < sa.func.now() - sa.text(f"interval '{TOUCH_SECONDS} seconds'")
    connection.execute(sa.update(sessions).where(_is(cookie), is_due).values(used_at=sa.func.now()))
    return Session(row.digest, row.person, row.credential)


def end(connection: sa.Connection, cookie: str) -> None:
    """End the session of a cookie."""
    connection.execute(sa.delete(sessions).where(_is(cookie)))


def digest_of(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _is(cookie: str) -> sa.ColumnElement[bool]:
    return sessions.c.digest == digest_of(cookie)


_IS_OPEN: Final = sa.and_(
    sessions.c.used_at > sa.func.now() - sa.text(f"interval '{IDLE_HOURS} hours'"),
    sessions.c.created_at > sa.func.now() - sa.text(f"interval '{MAX_DAYS} days'"),
)
