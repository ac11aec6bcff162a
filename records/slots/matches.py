"""Comparisons of two models that were recorded, and whether one of them speaks for a switch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from line.errors import InputError
from records.slots.contents import Content
from records.slots.tables import matches

MIN_PICTURES: Final = 5
"""Minimum pictures of a comparison that speaks for a switch; fewer allow no statement about significance."""


@dataclass(frozen=True, slots=True)
class NewMatch:
    """A comparison of two models.

    Attributes:
        models, revisions: of the first and the second model.
        worse: models that are significantly worse in quality or flags; both, where each is in one of the two.
        sentence: the result in words.
        figures: all that was measured.
    """

    transform: str
    task: str
    models: tuple[str, str]
    revisions: tuple[str, str]
    pictures: int
    worse: tuple[str, ...]
    sentence: str
    figures: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Match:
    """A recorded comparison."""

    id: int
    pictures: int
    worse: tuple[str, ...]
    sentence: str
    figures: Mapping[str, Any]
    person: str
    at: datetime

    @property
    def is_enough(self) -> bool:
        """Whether it has pictures enough for a statement."""
        return self.pictures >= MIN_PICTURES


def record(connection: sa.Connection, match: NewMatch, person: str) -> int:
    """Record a comparison and answer its number."""
    values = {
        "transform": match.transform,
        "task": match.task,
        "models": list(match.models),
        "revisions": list(match.revisions),
        "pictures": match.pictures,
        "worse": list(match.worse),
        "sentence": match.sentence,
        "figures": match.figures,
        "person": person,
    }
    return int(connection.execute(sa.insert(matches).values(values).returning(matches.c.id)).scalar_one())


def newest(connection: sa.Connection, held: Content, candidate: Content) -> Match | None:
    """The newest comparison of two models at the revisions that they have."""
    either_way = [(held, candidate), (candidate, held)]
    same = sa.or_(
        *(
            sa.and_(
                matches.c.models == [one.model, other.model],
                matches.c.revisions == [one.revision, other.revision],
            )
            for one, other in either_way
        )
    )
    query = sa.select(matches).where(matches.c.task == candidate.task, same)
    row = connection.execute(query.order_by(matches.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return _match(row)


def get(connection: sa.Connection, match_id: int) -> Match:
    """A recorded comparison.

    Raises:
        InputError: there is none with that number.
    """
    row = connection.execute(sa.select(matches).where(matches.c.id == match_id)).one_or_none()
    if row is None:
        raise InputError(f"there is no match {match_id}; `sluice match` records one")
    return _match(row)


def proven(connection: sa.Connection) -> set[tuple[str, str]]:
    """Pairs (transform, model) of models that a comparison with pictures enough did not find worse."""
    query = sa.select(matches.c.transform, matches.c.models, matches.c.worse).where(
        matches.c.pictures >= MIN_PICTURES
    )
    return {
        (row.transform, model)
        for row in connection.execute(query)
        for model in row.models
        if model not in row.worse
    }


def _match(row: sa.Row[Any]) -> Match:
    return Match(row.id, row.pictures, tuple(row.worse), row.sentence, row.figures, row.person, row.at)
