"""Pairs: one photo through both models of a rollout, counted once in the transaction that ends its step.

A pair is noted before the candidate runs. A worker that is lost then leaves a pair without an outcome, and the photo
goes through the model in use alone the next time: a candidate cannot take a photo down with it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.states import TRYING, RolloutState
from records.rollouts import rollout as rollout_records
from records.rollouts.rollout import BREAKER, Rollout
from records.rollouts.tables import rollout_pairs, rollouts
from records.shards import Claim

MIN_TIMED_PAIRS: Final = 16
"""Minimum pairs before the candidate's latency is held against that of the model in use."""
MAX_LOST_WORKERS: Final = 3
"""Workers lost as a whole while the candidate ran, after which it is taken for the cause. One may be a reboot."""


LOST: Final = "lost"
"""Outcome of a pair whose worker was cut off while the candidate ran; it counts nowhere."""


class Outcome(StrEnum):
    """What the gates made of the candidate's result beside that of the model in use."""

    WORSE = "worse"
    BETTER = "better"
    EQUAL = "equal"

    @classmethod
    def of(cls, *, incumbent_flagged: bool, candidate_flagged: bool) -> "Outcome":
        """The outcome of two verdicts; flags by policy count as no flag."""
        if incumbent_flagged == candidate_flagged:
            return cls.EQUAL
        return cls.WORSE if candidate_flagged else cls.BETTER


@dataclass(frozen=True, slots=True)
class Pair:
    """One photo that went through both models.

    Attributes:
        reason: code of the limit that the flagged result broke.
        is_shipped: the candidate's picture goes on.
        input, incumbent_output, candidate_output: keys, of pairs that are stored for people.
    """

    image_id: int
    outcome: Outcome
    incumbent_seconds: float
    candidate_seconds: float
    reason: str = ""
    is_shipped: bool = False
    input: str | None = None
    incumbent_output: str | None = None
    candidate_output: str | None = None


@dataclass(frozen=True, slots=True)
class CandidateRun:
    """What a candidate made of the chosen photos of one shard.

    Attributes:
        fault: why the candidate may not go on at once: crash, out of memory, missing gate, other weights; "" if none.
    """

    rollout_id: int
    pairs: tuple[Pair, ...] = ()
    fault: str = ""


def begin(
    connection: sa.Connection, rollout: Rollout, claim: Claim, image_ids: Collection[int]
) -> frozenset[int]:
    """Note that the candidate is about to run on photos; answers those of them that it never ran on before.

    Answers no photo where the rollout has moved on meanwhile.
    """
    if not image_ids or rollout_records.get(connection, rollout.id).state is not rollout.state:
        return frozenset()
    # a lease that ran out: whoever held it records nothing any more, and is no longer charged with a death
    connection.execute(
        sa.update(rollout_pairs)
        .where(rollout_pairs.c.shard_id == claim.shard_id, rollout_pairs.c.outcome.is_(None))
        .values(outcome=LOST)
    )
    rows = [
        {
            "rollout_id": rollout.id,
            "image_id": image_id,
            "batch_id": claim.batch_id,
            "shard_id": claim.shard_id,
        }
        for image_id in sorted(image_ids)
    ]
    statement = insert(rollout_pairs).values(rows).on_conflict_do_nothing()
    return frozenset(connection.scalars(statement.returning(rollout_pairs.c.image_id)))


def abandon(connection: sa.Connection, rollout_id: int, shard_id: int) -> None:
    """Forget the pairs that :func:`begin` noted for a shard: the candidate could not begin there."""
    connection.execute(
        sa.delete(rollout_pairs).where(
            rollout_pairs.c.rollout_id == rollout_id,
            rollout_pairs.c.shard_id == shard_id,
            rollout_pairs.c.outcome.is_(None),
        )
    )


def record(connection: sa.Connection, run: CandidateRun) -> None:
    """Record pairs and raise the counters, in the transaction that ends the step; then the candidate's breaker.

    A pair that has an outcome already counts no more. Counters of a rollout that was decided stay as they were.
    """
    new = [pair for pair in run.pairs if _record_pair(connection, run.rollout_id, pair)]
    counts = {outcome.value: sum(pair.outcome is outcome for pair in new) for outcome in Outcome}
    seconds = {
        name: sum(getattr(pair, name) for pair in new) for name in ("incumbent_seconds", "candidate_seconds")
    }
    row = connection.execute(
        sa.update(rollouts)
        .where(rollouts.c.id == run.rollout_id, rollouts.c.state.in_(list(TRYING)))
        .values({name: rollouts.c[name] + value for name, value in (counts | seconds).items()})
        .returning(rollouts)
    ).one_or_none()
    if row is None:
        return
    if fault := run.fault or slowness(Rollout.from_row(row)):
        trip(connection, run.rollout_id, fault)


def slowness(rollout: Rollout) -> str:
    """Why the candidate is too slow; "" where it is not, or where too few pairs were timed."""
    limit = rollout.max_latency * rollout.incumbent_seconds
    if rollout.pairs < MIN_TIMED_PAIRS or rollout.candidate_seconds <= limit:
        return ""
    times = (
        rollout.candidate_seconds / rollout.incumbent_seconds if rollout.incumbent_seconds else float("inf")
    )
    return f"it takes {times:.1f} times as long as {rollout.incumbent}, at most {rollout.max_latency:g} is allowed"


def trip(connection: sa.Connection, rollout_id: int, fault: str) -> bool:
    """The candidate's own breaker: it is rolled back at once."""
    return rollout_records.move(
        connection, rollout_id, TRYING, RolloutState.ROLLED_BACK, by=BREAKER, reason=fault
    )


def note_lost_worker(connection: sa.Connection, shard_id: int, *, is_crash: bool) -> None:
    """Charge a candidate with the death of a process that ran it; does nothing where no candidate was running.

    Args:
        is_crash: the process died alone. Where its worker died with it, an operator may have stopped both, so the
            candidate is charged only after ``MAX_LOST_WORKERS`` of them.
    """
    running = sa.select(rollout_pairs.c.rollout_id).where(
        rollout_pairs.c.shard_id == shard_id, rollout_pairs.c.outcome.is_(None)
    )
    charged = connection.execute(
        sa.update(rollouts)
        .where(rollouts.c.id.in_(running), rollouts.c.state.in_(list(TRYING)))
        .values(lost_workers=rollouts.c.lost_workers + (0 if is_crash else 1))
        .returning(rollouts.c.id, rollouts.c.lost_workers)
    ).all()
    for row in charged:
        if is_crash:
            trip(connection, row.id, "crash: the process that ran it died")
        elif row.lost_workers >= MAX_LOST_WORKERS:
            trip(connection, row.id, f"crash: {row.lost_workers} workers were lost while it ran")


def outcomes(connection: sa.Connection, rollout_id: int) -> Sequence[sa.Row[tuple[str | None, str, int]]]:
    """Number of pairs by outcome and reason."""
    columns = (rollout_pairs.c.outcome, rollout_pairs.c.reason)
    query = (
        sa.select(*columns, sa.func.count().label("pairs"))
        .where(rollout_pairs.c.rollout_id == rollout_id)
        .group_by(*columns)
        .order_by(sa.desc("pairs"), *columns)
    )
    return connection.execute(query).all()


def _record_pair(connection: sa.Connection, rollout_id: int, pair: Pair) -> bool:
    updated = connection.execute(
        sa.update(rollout_pairs)
        .where(
            rollout_pairs.c.rollout_id == rollout_id,
            rollout_pairs.c.image_id == pair.image_id,
            rollout_pairs.c.outcome.is_(None),
        )
        .values(
            outcome=pair.outcome.value,
            reason=pair.reason,
            is_shipped=pair.is_shipped,
            input=pair.input,
            incumbent_output=pair.incumbent_output,
            candidate_output=pair.candidate_output,
        )
    )
    return updated.rowcount == 1
