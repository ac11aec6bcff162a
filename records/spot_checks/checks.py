"""The spot check of a batch: which picture a reviewer is asked about next, answers, and taking them back.

A question is recorded before it is shown, with the reviewer it is asked of: a restart or a second reviewer draws
no other sample.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.errors import InputError
from records.grid import pictures
from records.spot_checks import sample
from records.spot_checks.tables import spot_checks, spot_controls, spot_questions

SECOND_SHARE: Final = 0.05
"""Share of the pictures that a second reviewer is asked about too."""
MAX_CONTROL_SHARE: Final = 0.5
"""Maximum share of questions about controls."""
STALE_MINUTES: Final = 60
"""Time after which a question that its reviewer left open is asked of another (minutes)."""


class Verdict(StrEnum):
    """A reviewer's answer."""

    GOOD = "good"
    BAD = "bad"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Question:
    """A picture that a reviewer is asked about. Nothing in it says whether it is a control or a second look.

    Attributes:
        before, after: where the pictures lie, the best place first: (URL of a bucket or empty, key).
    """

    id: int
    batch: int
    reviewer: str
    before: Sequence[tuple[str, str]]
    after: Sequence[tuple[str, str]]
    verdict: Verdict | None


def start(
    connection: sa.Connection, batch_id: int, reviewer: str, control_share: float | None = None
) -> None:
    """Begin the spot check of a batch, if it has none; set the share of controls where it is given.

    Raises:
        InputError: the share is not within 0..0.5.
    """
    values: dict[str, Any] = {"batch_id": batch_id, "seed": secrets.randbits(62), "started_by": reviewer}
    connection.execute(insert(spot_checks).values(values).on_conflict_do_nothing())
    if control_share is None:
        return
    if not 0 <= control_share <= MAX_CONTROL_SHARE:
        raise InputError(f"the share of controls must be within 0 and {MAX_CONTROL_SHARE:g}")
    of_batch = sa.update(spot_checks).where(spot_checks.c.batch_id == batch_id)
    connection.execute(of_batch.values(control_share=control_share))


def open_questions(connection: sa.Connection, batch_id: int, reviewer: str, count: int = 1) -> list[Question]:
    """The next questions of a reviewer, at most ``count``; fewer where no delivered picture is left."""
    query = sa.select(spot_checks).where(spot_checks.c.batch_id == batch_id).with_for_update()
    check = connection.execute(query).one()
    rows = connection.execute(
        sa.select(spot_questions)
        .where(
            spot_questions.c.batch_id == batch_id,
            spot_questions.c.reviewer == reviewer,
            spot_questions.c.verdict.is_(None),
        )
        .order_by(spot_questions.c.id)
        .limit(count)
    ).all()
    questions = [_question(row) for row in rows]
    while len(questions) < count:
        row = (
            _left_open(connection, batch_id, reviewer)
            or _second_look(connection, batch_id, reviewer)
            or _drawn(connection, check, reviewer)
        )
        if row is None:
            break
        questions.append(_question(row))
    return questions


def get(connection: sa.Connection, question_id: int) -> Question:
    """A question.

    Raises:
        InputError: there is none of that id.
    """
    row = connection.execute(
        sa.select(spot_questions).where(spot_questions.c.id == question_id)
    ).one_or_none()
    if row is None:
        raise InputError(f"there is no question {question_id} of a spot check")
    return _question(row)


def mark_shown(connection: sa.Connection, question_id: int) -> None:
    """Note that the reviewer looks at the picture from now on."""
    connection.execute(
        sa.update(spot_questions).where(spot_questions.c.id == question_id).values(shown_at=sa.func.now())
    )


def answer(connection: sa.Connection, question_id: int, reviewer: str, verdict: Verdict) -> None:
    """Record an answer.

    Raises:
        InputError: the question is not asked of this reviewer, or is answered.
    """
    answered = connection.execute(
        sa.update(spot_questions)
        .where(
            spot_questions.c.id == question_id,
            spot_questions.c.reviewer == reviewer,
            spot_questions.c.verdict.is_(None),
        )
        .values(verdict=verdict.value, answered_at=sa.func.now())
    )
    if not answered.rowcount:
        raise InputError("this picture was answered already, or is asked of somebody else: reload the page")


def undo(connection: sa.Connection, batch_id: int, reviewer: str) -> int:
    """Take back a reviewer's newest answer; its picture is the next one again. Returns the question's id.

    Raises:
        InputError: the reviewer answered nothing in this batch.
    """
    newest = (
        sa.select(spot_questions.c.id)
        .where(
            spot_questions.c.batch_id == batch_id,
            spot_questions.c.reviewer == reviewer,
            spot_questions.c.verdict.is_not(None),
        )
        .order_by(spot_questions.c.answered_at.desc(), spot_questions.c.id.desc())
        .limit(1)
    )
    question_id = connection.scalar(newest)
    if question_id is None:
        raise InputError("there is no answer of yours to undo in this spot check")
    statement = sa.update(spot_questions).where(spot_questions.c.id == question_id)
    connection.execute(statement.values(verdict=None, answered_at=None, asked_at=sa.func.now()))
    return int(question_id)


def _left_open(connection: sa.Connection, batch_id: int, reviewer: str) -> sa.Row[Any] | None:
    """A question that another reviewer left open for long, now asked of this one."""
    stale = sa.func.now() - sa.text(f"interval '{STALE_MINUTES} minutes'")
    oldest = (
        sa.select(spot_questions.c.id)
        .where(
            spot_questions.c.batch_id == batch_id,
            spot_questions.c.verdict.is_(None),
            ~spot_questions.c.is_second,
            spot_questions.c.asked_at < stale,
        )
        .order_by(spot_questions.c.id)
        .limit(1)
        .scalar_subquery()
    )
    statement = sa.update(spot_questions).where(spot_questions.c.id == oldest)
    taken = statement.values(reviewer=reviewer, asked_at=sa.func.now(), shown_at=None).returning(
        spot_questions
    )
    return connection.execute(taken).one_or_none()


def _second_look(connection: sa.Connection, batch_id: int, reviewer: str) -> sa.Row[Any] | None:
    """A picture that another reviewer has judged and that was drawn for a second look."""
    other = spot_questions.alias()
    has_second = sa.exists().where(
        other.c.batch_id == batch_id, other.c.number == spot_questions.c.number, other.c.is_second
    )
    first = connection.execute(
        sa.select(spot_questions)
        .where(
            spot_questions.c.batch_id == batch_id,
            spot_questions.c.wants_second,
            ~spot_questions.c.is_second,
            spot_questions.c.reviewer != reviewer,
            spot_questions.c.verdict.in_([Verdict.GOOD, Verdict.BAD]),
            ~has_second,
        )
        .order_by(spot_questions.c.number)
        .limit(1)
    ).one_or_none()
    if first is None:
        return None
    values = {"number": first.number, "is_second": True, "wants_second": False, "image_id": first.image_id}
    return _ask(
        connection, values | {"batch_id": batch_id, "before": first.before, "after": first.after}, reviewer
    )


def _drawn(connection: sa.Connection, check: sa.Row[Any], reviewer: str) -> sa.Row[Any] | None:
    """The next picture of the sample, or a control in its place."""
    of_batch = spot_questions.c.batch_id == check.batch_id
    last = connection.scalar(sa.select(sa.func.max(spot_questions.c.number)).where(of_batch)) or 0
    random = Random(f"{check.seed}:{last + 1}")
    values = {"batch_id": check.batch_id, "number": last + 1, "is_second": False}
    is_control = random.random() < check.control_share
    control = _control(connection, check.batch_id, reviewer, random) if is_control else None
    if control is not None:
        values |= {"wants_second": False, "image_id": control.image_id, "control_id": control.id}
        return _ask(connection, values | {"before": control.before, "after": control.after}, reviewer)
    drawn = connection.scalars(
        sa.select(spot_questions.c.image_id).where(of_batch, spot_questions.c.control_id.is_(None))
    ).all()
    number = sample.draw(connection, check.batch_id, drawn, random)
    if number is None:
        return None
    (tile,) = pictures.tiles(connection, [number])
    values |= {"wants_second": random.random() < SECOND_SHARE, "image_id": number}
    current = [("", tile.current)] if tile.current else []
    return _ask(
        connection, values | {"before": tile.before(), "after": [*tile.delivered(), *current]}, reviewer
    )


def _control(connection: sa.Connection, batch_id: int, reviewer: str, random: Random) -> sa.Row[Any] | None:
    """A control that the reviewer was not asked about in this batch."""
    asked = sa.select(spot_questions.c.control_id).where(
        spot_questions.c.batch_id == batch_id,
        spot_questions.c.reviewer == reviewer,
        spot_questions.c.control_id.is_not(None),
    )
    rows = connection.execute(
        sa.select(spot_controls)
        .where(spot_controls.c.removed_at.is_(None), spot_controls.c.id.not_in(asked))
        .order_by(spot_controls.c.id)
    ).all()
    return random.choice(rows) if rows else None


def _ask(connection: sa.Connection, values: dict[str, Any], reviewer: str) -> sa.Row[Any]:
    statement = insert(spot_questions).values(**values, reviewer=reviewer).returning(spot_questions)
    return connection.execute(statement).one()


def _question(row: sa.Row[Any]) -> Question:
    return Question(
        id=row.id,
        batch=row.batch_id,
        reviewer=row.reviewer,
        before=[(url, key) for url, key in row.before],
        after=[(url, key) for url, key in row.after],
        verdict=Verdict(row.verdict) if row.verdict else None,
    )
