"""Pages of lists: each ends with a cursor, from which the next one starts."""

from collections.abc import Sequence
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel

T = TypeVar("T")
MAX_ITEMS = 200
"""Maximum number of items of one page."""
MAX_ID = 2**63 - 1
"""Greatest id that Postgres can hold."""

Limit = Annotated[int, Query(ge=1, le=MAX_ITEMS, description="items of the page, at most")]
Cursor = Annotated[str | None, Query(pattern=r"^[0-9]{1,18}$", description="`next` of the page before")]


class Page(BaseModel, Generic[T]):
    """Some items of a list; ``next`` is the cursor of the next page, null after the last one."""

    items: list[T]
    next: str | None


def position(cursor: str | None, start: int) -> int:
    """The id at which a page starts; ``start`` for the first page."""
    return start if cursor is None else int(cursor)


def next_cursor(items: Sequence[object], limit: int, last: int) -> str | None:
    """The cursor behind a page whose last id is ``last``; None where the page is not full."""
    return str(last) if len(items) == limit else None
