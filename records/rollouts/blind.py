"""Blind comparison of stored pairs: a person sees two pictures and does not know which model made which."""

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from line.errors import InputError
from line.states import TRYING, RolloutState
from records.rollouts.choice import is_candidate_left
from records.rollouts.tables import rollout_pairs, rollouts
from records.tables import images

_ASKED = [*TRYING, RolloutState.INCONCLUSIVE]
"""States of rollouts about whose pairs people are asked."""


_PAIRS = (
    sa.select(rollout_pairs, rollouts.c.step, images.c.name)
    .join(rollouts, rollouts.c.id == rollout_pairs.c.rollout_id)
    .join(images, images.c.id == rollout_pairs.c.image_id)
)
_OPEN = sa.and_(
    rollout_pairs.c.candidate_output.is_not(None),
    rollout_pairs.c.answer.is_(None),
    rollouts.c.state.in_(_ASKED),
)


class Side(StrEnum):
    """A person's answer."""

    LEFT = "left"
    RIGHT = "right"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Question:
    """A stored pair as a person sees it.

    Attributes:
        name: path of the photo inside its upload.
        input: key of the picture before the step.
        left, right: keys of the two results.
    """

    rollout_id: int
    image_id: int
    batch_id: int
    name: str
    step: str
    input: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Answered:
    """A person's answer about a pair, with the model that made the preferred picture; None where neither is better."""

    image_id: int
    name: str
    model: str | None


def questions(connection: sa.Connection, limit: int = 20, *, rollout_id: int | None = None) -> list[Question]:
    """Stored pairs without an answer, oldest first.

    Args:
        rollout_id: only those of this rollout; of all where None.
    """
    query = _PAIRS.where(_OPEN).order_by(rollout_pairs.c.at, rollout_pairs.c.image_id).limit(limit)
    if rollout_id is not None:
        query = query.where(rollout_pairs.c.rollout_id == rollout_id)
    return [_question(row) for row in connection.execute(query)]


def waiting(connection: sa.Connection) -> dict[int, int]:
    """Number of stored pairs without an answer, by rollout."""
    query = (
        sa.select(rollout_pairs.c.rollout_id, sa.func.count().label("pairs"))
        .join(rollouts, rollouts.c.id == rollout_pairs.c.rollout_id)
        .where(_OPEN)
        .group_by(rollout_pairs.c.rollout_id)
    )
    return {row.rollout_id: row.pairs for row in connection.execute(query)}


def get(connection: sa.Connection, rollout_id: int, image_id: int) -> Question | None:
    """A stored pair, answered or not; None where there is none."""
    query = _PAIRS.where(
        rollout_pairs.c.rollout_id == rollout_id,
        rollout_pairs.c.image_id == image_id,
        rollout_pairs.c.candidate_output.is_not(None),
    )
    row = connection.execute(query).one_or_none()
    return _question(row) if row else None


def blind_steps(connection: sa.Connection, image_id: int) -> set[str]:
    """Steps of an image whose model a page must not name: its pair belongs to a rollout with unanswered pairs."""
    open_pairs = rollout_pairs.alias("open_pairs")
    query = (
        sa.select(rollouts.c.step)
        .join(rollout_pairs, rollout_pairs.c.rollout_id == rollouts.c.id)
        .where(
            rollout_pairs.c.image_id == image_id,
            rollout_pairs.c.candidate_output.is_not(None),
            rollouts.c.state.in_(_ASKED),
            sa.exists().where(
                open_pairs.c.rollout_id == rollouts.c.id,
                open_pairs.c.candidate_output.is_not(None),
                open_pairs.c.answer.is_(None),
            ),
        )
    )
    return set(connection.scalars(query))


def answers(connection: sa.Connection, rollout_id: int, *, person: str) -> list[Answered]:
    """A person's answers about a rollout, the newest first."""
    query = (
        _PAIRS.add_columns(rollouts.c.candidate, rollouts.c.incumbent)
        .where(rollout_pairs.c.rollout_id == rollout_id, rollout_pairs.c.answered_by == person)
        .order_by(rollout_pairs.c.answered_at.desc(), rollout_pairs.c.image_id)
    )
    return [
        Answered(row.image_id, row.name, None if row.answer == "neither" else getattr(row, row.answer))
        for row in connection.execute(query)
    ]


def answer(connection: sa.Connection, rollout_id: int, image_id: int, side: Side, *, person: str) -> None:
    """Record which picture a person finds better; of two persons the first counts.

    Raises:
        InputError: the pair is not stored, or somebody answered it before.
    """
    choice = "neither"
    if side is not Side.NEITHER:
        is_left = side is Side.LEFT
        choice = "candidate" if is_left == is_candidate_left(rollout_id, image_id) else "incumbent"
    answered = connection.execute(
        sa.update(rollout_pairs)
        .where(
            rollout_pairs.c.rollout_id == rollout_id,
            rollout_pairs.c.image_id == image_id,
            rollout_pairs.c.candidate_output.is_not(None),
            rollout_pairs.c.answer.is_(None),
        )
        .values(answer=choice, answered_by=person, answered_at=sa.func.now())
    )
    if not answered.rowcount:
        raise InputError(
            f"rollout {rollout_id}, image {image_id}: no stored pair waits for an answer; take the next question"
        )
    _count(connection, rollout_id, choice, 1)


def undo(connection: sa.Connection, rollout_id: int, *, person: str) -> int:
    """Take back a person's newest answer about a rollout; answers the image of the pair, which waits again.

    Raises:
        InputError: the person gave no answer, or the rollout was decided meanwhile.
    """
    newest = (
        sa.select(rollout_pairs.c.image_id, rollout_pairs.c.answer)
        .join(rollouts, rollouts.c.id == rollout_pairs.c.rollout_id)
        .where(
            rollout_pairs.c.rollout_id == rollout_id,
            rollout_pairs.c.answered_by == person,
            rollouts.c.state.in_(_ASKED),
        )
        .order_by(rollout_pairs.c.answered_at.desc(), rollout_pairs.c.image_id)
        .limit(1)
        .with_for_update()
    )
    row = connection.execute(newest).one_or_none()
    if row is None:
        raise InputError(
            f"rollout {rollout_id}: there is no answer of yours to undo, or the rollout is decided by now"
        )
    connection.execute(
        sa.update(rollout_pairs)
        .where(rollout_pairs.c.rollout_id == rollout_id, rollout_pairs.c.image_id == row.image_id)
        .values(answer=None, answered_by=None, answered_at=None)
    )
    _count(connection, rollout_id, row.answer, -1)
    return int(row.image_id)


def _count(connection: sa.Connection, rollout_id: int, choice: str, change: int) -> None:
    column = rollouts.c[f"prefers_{choice}"]
    connection.execute(
        sa.update(rollouts).where(rollouts.c.id == rollout_id).values({column.name: column + change})
    )


def _question(row: sa.Row[tuple[object, ...]]) -> Question:
    outputs = (row.candidate_output, row.incumbent_output)
    left, right = outputs if is_candidate_left(row.rollout_id, row.image_id) else outputs[::-1]
    return Question(row.rollout_id, row.image_id, row.batch_id, row.name, row.step, row.input, left, right)
