"""What a listing tells: one object, or one level of folders."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Listed:
    """One object of a listing.

    Attributes:
        key: relative, with ``/`` between its parts.
        size: in bytes.
        tag: changes when the content does.
        modified: when it was written.
        problem: a sentence where it cannot be read; empty otherwise.
    """

    key: str
    size: int
    tag: str
    modified: datetime
    problem: str = ""


class Level(NamedTuple):
    """What lies directly in one folder, as keys without a closing slash."""

    folders: list[str]
    files: list[str]
