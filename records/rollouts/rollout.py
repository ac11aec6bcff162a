"""Rollouts: started, read by workers and people, and moved from state to state by one guarded UPDATE."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from line.errors import InputError
from line.states import TRYING, RolloutState
from line.trouble import TroubleKind
from records import troubles
from records.rollouts.tables import rollout_pairs, rollouts
from records.slots.promotions import put_candidate, take_out

BREAKER: Final = "breaker"
"""Decides for a candidate that crashes, runs out of memory, leaves a gate out or takes too long."""
EVIDENCE: Final = "evidence"
"""Decides by the sequential test on pairs."""


COUNTED: Final = ("worse", "better", "equal")
"""Outcomes of pairs that count."""


@dataclass(frozen=True, slots=True)
class NewRollout:
    """A rollout that a person starts.

    Attributes:
        step: the transform whose model is compared.
        revision, weights: of the candidate; ``weights`` is their SHA-256, empty where it has none.
        share: of the photos that go through both models (0..1].
        margin: rise of the artifact rate that is still harmless (0..1).
        max_latency: times that the candidate may take as long as the model in use.
        max_pairs: pairs after which a person decides.
        options: of the candidate, with its defaults written out.
    """

    step: str
    incumbent: str
    candidate: str
    revision: str
    weights: str = ""
    share: float = 0.2
    margin: float = 0.02
    max_latency: float = 2.0
    max_pairs: int = 4000
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rollout:
    """A recorded rollout; the attributes are the columns of the table ``rollouts``."""

    id: int
    step: str
    incumbent: str
    candidate: str
    revision: str
    weights: str
    state: RolloutState
    share: float
    margin: float
    max_latency: float
    max_pairs: int
    options: Mapping[str, Any]
    worse: int
    better: int
    equal: int
    stage_began: int
    incumbent_seconds: float
    candidate_seconds: float
    lost_workers: int
    prefers_incumbent: int
    prefers_candidate: int
    prefers_neither: int
    reason: str
    started_by: str
    started_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    cleared_at: datetime | None

    @classmethod
    def from_row(cls, row: Any) -> "Rollout":
        """From a row of the table ``rollouts``."""
        columns = {each.name: getattr(row, each.name) for each in fields(cls)}
        return cls(**columns | {"state": RolloutState(row.state)})

    @property
    def pairs(self) -> int:
        return self.worse + self.better + self.equal

    @property
    def title(self) -> str:
        """``upscale: span_x2 instead of back_projection``, for sentences."""
        return f"{self.step}: {self.candidate} instead of {self.incumbent}"

    @property
    def subject(self) -> str:
        """What a trouble of this rollout is filed under."""
        return f"rollout {self.id}"


def start(connection: sa.Connection, new: NewRollout, *, person: str, again: bool = False) -> int:
    """Record a rollout in the state ``shadow``; answers its id.

    Args:
        again: also weights that were rolled back before.

    Raises:
        InputError: a candidate is being compared there already, or these weights were rolled back.
    """
    if not again and (before := _rolled_back(connection, new)):
        raise InputError(
            f"{new.candidate} was rolled back at {new.step} on {before.decided_at:%Y-%m-%d} (rollout {before.id}: "
            f"{before.reason}); the same weights start again only with --again"
        )
    columns = {each.name: getattr(new, each.name) for each in fields(new)}
    statement = sa.insert(rollouts).values(columns | {"started_by": person}).returning(rollouts.c.id)
    try:
        with connection.begin_nested():
            return int(connection.scalar(statement) or 0)
    except IntegrityError as error:
        if "rollouts_trying" not in str(error.orig):
            raise
        raise InputError(
            f"another candidate is being compared with {new.incumbent} at {new.step}; "
            "`sluice rollout status` shows it: promote it or roll it back first"
        ) from None


def get(connection: sa.Connection, rollout_id: int) -> Rollout:
    """The rollout of that id.

    Raises:
        InputError: there is none.
    """
    row = connection.execute(sa.select(rollouts).where(rollouts.c.id == rollout_id)).one_or_none()
    if row is None:
        raise InputError(f"there is no rollout {rollout_id}; `sluice rollout status` lists them")
    return Rollout.from_row(row)


def listed(
    connection: sa.Connection, states: Collection[RolloutState] = tuple(RolloutState)
) -> list[Rollout]:
    """Rollouts in these states, oldest first."""
    query = sa.select(rollouts).where(rollouts.c.state.in_(list(states))).order_by(rollouts.c.id)
    return [Rollout.from_row(row) for row in connection.execute(query)]


def uploads(connection: sa.Connection, rollout_id: int) -> int:
    """Number of uploads that the pairs of a rollout come from."""
    query = sa.select(sa.func.count(rollout_pairs.c.batch_id.distinct())).where(
        rollout_pairs.c.rollout_id == rollout_id, rollout_pairs.c.outcome.in_(COUNTED)
    )
    return int(connection.scalar(query) or 0)


def proven(connection: sa.Connection) -> frozenset[tuple[str, str]]:
    """Pairs (step, model) that a rollout promoted, so that switching to that model needs no other evidence."""
    query = sa.select(rollouts.c.step, rollouts.c.candidate).where(rollouts.c.state == RolloutState.PROMOTED)
    return frozenset((row.step, row.candidate) for row in connection.execute(query))


def promotion(connection: sa.Connection, incumbent: str, candidate: str, revision: str) -> int | None:
    """The newest rollout that promoted a candidate of that revision in the place of ``incumbent``."""
    query = (
        sa.select(rollouts.c.id)
        .where(
            rollouts.c.incumbent == incumbent,
            rollouts.c.candidate == candidate,
            rollouts.c.revision == revision,
            rollouts.c.state == RolloutState.PROMOTED,
        )
        .order_by(rollouts.c.id.desc())
        .limit(1)
    )
    return connection.scalar(query)


def move(
    connection: sa.Connection,
    rollout_id: int,
    old: Collection[RolloutState],
    new: RolloutState,
    *,
    by: str,
    reason: str,
    values: Mapping[str, Any] | None = None,
) -> bool:
    """Move a rollout from one of the states ``old``; False where it is in another one by now.

    It is one guarded UPDATE, so that of two schedulers, workers or persons one decides. Slots that hold the model in
    use hold a promoted candidate in its place, and a candidate that is rolled back is taken out of them again.

    Args:
        by: who decides: ``BREAKER``, ``EVIDENCE`` or a person.
        values: further columns to set.
    """
    ends = {"decided_by": by, "decided_at": sa.func.now()} if new not in TRYING else {}
    row = connection.execute(
        sa.update(rollouts)
        .where(rollouts.c.id == rollout_id, rollouts.c.state.in_(list(old)))
        .values(state=new, reason=reason, **ends, **(values or {}))
        .returning(rollouts)
    ).one_or_none()
    if row is None:
        return False
    rollout = Rollout.from_row(row)
    if new is RolloutState.PROMOTED:
        put_candidate(connection, rollout, person=by)
    elif new is RolloutState.ROLLED_BACK:
        take_out(connection, rollout_id, person=by)
    if new in (RolloutState.ROLLED_BACK, RolloutState.INCONCLUSIVE) and not by.startswith("person"):
        ended = (
            "is off" if new is RolloutState.ROLLED_BACK else "is off until you decide (promote or rollback)"
        )
        sentence = f"{rollout.title}: the candidate {ended}: {reason}. See `sluice rollout status`"
        troubles.report(connection, TroubleKind.ROLLOUT, rollout.subject, sentence)
    else:
        troubles.resolve(connection, TroubleKind.ROLLOUT, rollout.subject)
    return True


def grow(connection: sa.Connection, rollout: Rollout, share: float) -> bool:
    """Give the candidate in the ramp a larger share; False where it has another one by now than as it was read."""
    grown = connection.execute(
        sa.update(rollouts)
        .where(
            rollouts.c.id == rollout.id,
            rollouts.c.state == RolloutState.RAMP,
            rollouts.c.share == rollout.share,
        )
        .values(share=share, stage_began=rollouts.c.worse + rollouts.c.better + rollouts.c.equal)
    )
    return grown.rowcount == 1


def _rolled_back(connection: sa.Connection, new: NewRollout) -> Rollout | None:
    """The last rollback of the same weights at that step, whatever they are called now."""
    same_name = sa.and_(rollouts.c.candidate == new.candidate, rollouts.c.revision == new.revision)
    same_weights = sa.and_(rollouts.c.weights != "", rollouts.c.weights == new.weights)
    row = connection.execute(
        sa.select(rollouts)
        .where(
            rollouts.c.step == new.step,
            rollouts.c.state == RolloutState.ROLLED_BACK,
            sa.or_(same_name, same_weights),
        )
        .order_by(rollouts.c.id.desc())
        .limit(1)
    ).one_or_none()
    return Rollout.from_row(row) if row else None
