"""Tokens by which programs use the HTTP API. Only their digests are stored.

A token has 256 random bits, so a plain SHA-256 is enough: there is nothing to guess.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa

from line.errors import InputError
from records.access.tables import signing_keys, tokens

PREFIX: Final = "sluice_"
"""Beginning of every token, by which programs that search for leaked secrets recognise it."""
NAME: Final = re.compile(r"[\w.@+-]{1,60}")
"""Names that a program may have; the records keep them with each of its decisions."""
USED_SECONDS: Final = 60.0
"""Time within which the use of a token is not noted again (s)."""


class Scope(StrEnum):
    """What a token permits."""

    READ = "read"  # batches, images, readings, templates and troubles
    PICTURES = "pictures"  # links to originals, previews and delivered files
    UPLOAD = "upload"  # sending uploads
    DECIDE = "decide"  # accept, reject, requeue and roll back images; decide about templates
    OPERATE = "operate"  # halt and resume batches
    METRICS = "metrics"  # the metrics, and nothing else


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the records keep it."""

    id: int
    name: str
    scopes: frozenset[Scope]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None
    revoked_at: datetime | None

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> "Token":
        """From a row of the table ``tokens``."""
        return cls(
            id=row.id,
            name=row.name,
            scopes=frozenset(map(Scope, row.scopes)),
            created_by=row.created_by,
            created_at=row.created_at,
            expires_at=row.expires_at,
            used_at=row.used_at,
            revoked_at=row.revoked_at,
        )

    @property
    def actor(self) -> str:
        """Who is behind what is done with it, as ``events.actor`` keeps it."""
        return f"api:{self.name}"


_VALID = sa.and_(
    tokens.c.revoked_at.is_(None),
    sa.or_(tokens.c.expires_at.is_(None), tokens.c.expires_at > sa.func.now()),
)


def create(
    connection: sa.Connection, name: str, scopes: Collection[Scope], created_by: str, days: int | None = None
) -> str:
    """Record a new token and answer its text, which cannot be had again.

    Args:
        days: after which it expires; never where None.

    Raises:
        InputError: the name cannot be used, or a valid token has it.
    """
    if not NAME.fullmatch(name):
        raise InputError(f"{name}: a token's name has letters, digits and .@+-_ only, at most 60 of them")
    is_taken = sa.select(sa.exists().where(tokens.c.name == name, tokens.c.revoked_at.is_(None)))
    if connection.scalar(is_taken):
        raise InputError(
            f"there is a token {name} already: `sluice tokens revoke {name}`, or choose another name"
        )
    text = PREFIX + secrets.token_urlsafe(32)
    expires = None if days is None else sa.func.now() + timedelta(days=days)
    values = {"name": name, "scopes": sorted(scopes), "digest": _digest(text), "created_by": created_by}
    connection.execute(sa.insert(tokens).values(values | {"expires_at": expires}))
    return text


def authenticate(connection: sa.Connection, text: str) -> Token | None:
    """The token if it is valid; notes that it was used."""
    query = sa.select(
        tokens, (tokens.c.used_at > sa.func.now() - timedelta(seconds=USED_SECONDS)).label("is_noted")
    )
    row = connection.execute(query.where(tokens.c.digest == _digest(text), _VALID)).one_or_none()
    if row is None:
        return None
    if not row.is_noted:
        connection.execute(sa.update(tokens).where(tokens.c.id == row.id).values(used_at=sa.func.now()))
    return Token.from_row(row)


def valid(connection: sa.Connection, token_id: int) -> Token | None:
    """The token of that id if it is valid: links that it made end with it."""
    row = connection.execute(sa.select(tokens).where(tokens.c.id == token_id, _VALID)).one_or_none()
    return Token.from_row(row) if row else None


def listed(connection: sa.Connection) -> list[Token]:
    """All tokens that were not revoked, oldest first."""
    query = sa.select(tokens).where(tokens.c.revoked_at.is_(None)).order_by(tokens.c.id)
    return [Token.from_row(row) for row in connection.execute(query)]


def revoke(connection: sa.Connection, name: str) -> None:
    """End a token at once, with all links that it made.

    Raises:
        InputError: there is no valid token of that name.
    """
    ended = connection.execute(
        sa.update(tokens)
        .where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
        .values(revoked_at=sa.func.now())
    )
    if not ended.rowcount:
        raise InputError(f"there is no token {name}; `sluice tokens list` shows them")


def signing_secret(connection: sa.Connection, purpose: str) -> bytes:
    """The secret that all processes of the line sign with; made on first use (32 bytes)."""
    from sqlalchemy.dialects.postgresql import insert

    new = insert(signing_keys).values(purpose=purpose, secret=secrets.token_bytes(32))
    connection.execute(new.on_conflict_do_nothing())
    query = sa.select(signing_keys.c.secret).where(signing_keys.c.purpose == purpose)
    return bytes(connection.execute(query).scalar_one())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
