"""The scheduler's duties about rollouts: decide by the evidence, and send photos of a rolled back candidate round."""

import logging
from functools import partial
from typing import Final

import sqlalchemy as sa

from line.states import TRYING, RolloutState
from records.database import Database
from records.rollouts import requeue, rollout
from records.rollouts.rollout import EVIDENCE, Rollout
from scheduler.rollout.evidence import Decision
from scheduler.rollout.summary import Summary

log = logging.getLogger(__name__)

RAMP_SHARES: Final = (0.05, 0.1, 0.25, 0.5)
"""Shares of the photos on which the candidate ships, one after the other."""
STAGE_PAIRS: Final = 64
"""Pairs at one share before the next: a rise of 13 points shows within them nine times in ten."""


class Rollouts:
    """Decisions and their consequences. Several schedulers may do this at once: each move is one guarded UPDATE."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self) -> None:
        """Act on the evidence of each rollout that compares."""
        self._database.transact(decide)

    def send_round(self) -> None:
        """Send photos that went on with a rolled back candidate through the step again, with the model in use."""
        transact = self._database.transact
        for rolled_back in transact(requeue.uncleared):
            after, sent = 0, 0
            while photos := transact(partial(requeue.shipped, rollout=rolled_back, after=after)):
                after = photos[-1].image_id
                for photo in photos:
                    if photo.is_settled:
                        actor = f"rollout:{rolled_back.id}"
                        sent += transact(partial(requeue.send_back, photo=photo), actor=actor)
            if sent:
                log.warning("rollout %d: %d photos go round again", rolled_back.id, sent)
            transact(partial(requeue.clear, rollout=rolled_back))


def decide(connection: sa.Connection) -> None:
    """Move each rollout that compares where its evidence says so."""
    for each in rollout.listed(connection, TRYING):
        summary = Summary.of(connection, each)
        act = _leave_shadow if each.state is RolloutState.SHADOW else _climb
        moved = act(connection, summary)
        if moved:
            log.warning("rollout %d (%s): %s", each.id, each.title, moved)


def _leave_shadow(connection: sa.Connection, summary: Summary) -> str:
    """What happened to a rollout in shadow; empty where nothing did."""
    match summary.decision:
        case Decision.ROLL_BACK:
            return _move(connection, summary.rollout, RolloutState.ROLLED_BACK, summary.harm_sentence)
        case Decision.PROMOTE:
            values = {"share": RAMP_SHARES[0], "stage_began": summary.rollout.pairs}
            reason = f"harmless on {summary.rollout.pairs} pairs: {summary.change_words}"
            is_moved = rollout.move(
                connection, summary.rollout.id, [RolloutState.SHADOW], RolloutState.RAMP,
                by=EVIDENCE, reason=reason, values=values,
            )  # fmt: skip
            return reason if is_moved else ""
        case Decision.INCONCLUSIVE:
            reason = f"{summary.rollout.pairs} pairs prove neither harm nor harmlessness"
            return _move(connection, summary.rollout, RolloutState.INCONCLUSIVE, reason)
        case _:
            return ""


def _climb(connection: sa.Connection, summary: Summary) -> str:
    """What happened to a rollout in the ramp; empty where nothing did."""
    current = summary.rollout
    if summary.decision is Decision.ROLL_BACK:
        return _move(connection, current, RolloutState.ROLLED_BACK, summary.harm_sentence)
    if current.pairs - current.stage_began < STAGE_PAIRS:
        return ""
    following = next((share for share in RAMP_SHARES if share > current.share), None)
    if following is not None:
        return f"ships on {following:.0%}" if rollout.grow(connection, current, following) else ""
    if summary.decision is Decision.PROMOTE:
        reason = f"harmless on {current.pairs} pairs and {summary.uploads} uploads: {summary.change_words}"
        return _move(connection, current, RolloutState.PROMOTED, reason)
    reason = (
        f"harmlessness was shown in shadow, and {current.pairs} pairs show it no more: {summary.change_words}"
    )
    return _move(connection, current, RolloutState.INCONCLUSIVE, reason)


def _move(connection: sa.Connection, current: Rollout, new: RolloutState, reason: str) -> str:
    """The reason, where the rollout was moved."""
    is_moved = rollout.move(connection, current.id, [current.state], new, by=EVIDENCE, reason=reason)
    return reason if is_moved else ""
