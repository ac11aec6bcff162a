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


def questions(connection: sa.Connection, limit: int = 20) -> list[Question]:
    """Stored pairs without an answer, oldest first."""
    query = (
        sa.select(rollout_pairs, rollouts.c.step, images.c.name)
        .join(rollouts, rollouts.c.id == rollout_pairs.c.rollout_id)
        .join(images, images.c.id == rollout_pairs.c.image_id)
        .where(
            rollout_pairs.c.candidate_output.is_not(None),
            rollout_pairs.c.answer.is_(None),
            rollouts.c.state.in_(_ASKED),
        )
        .order_by(rollout_pairs.c.at, rollout_pairs.c.image_id)
        .limit(limit)
    )
    return [_question(row) for row in connection.execute(query)]


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
    column = rollouts.c[f"prefers_{choice}"]
    connection.execute(
        sa.update(rollouts).where(rollouts.c.id == rollout_id).values({column.name: column + 1})
    )


def _question(row: sa.Row[tuple[object, ...]]) -> Question:
    outputs = (row.candidate_output, row.incumbent_output)
    left, right = outputs if is_candidate_left(row.rollout_id, row.image_id) else outputs[::-1]
    return Question(row.rollout_id, row.image_id, row.batch_id, row.name, row.step, row.input, left, right)
