"""Slots that follow a rollout: a promoted candidate is put into them, and taken out again when it is rolled back."""

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from records.slots import contents
from records.slots.contents import Content, Evidence, Reason


class Promoted(Protocol):
    """What is needed of a promoted rollout; see :class:`records.rollouts.rollout.Rollout`."""

    @property
    def id(self) -> int: ...
    @property
    def incumbent(self) -> str: ...
    @property
    def candidate(self) -> str: ...
    @property
    def revision(self) -> str: ...
    @property
    def options(self) -> Mapping[str, Any]: ...


def put_candidate(connection: sa.Connection, rollout: Promoted, *, person: str) -> None:
    """Let each slot that holds the model in use hold the candidate, with the rollout as its evidence."""
    contents.lock(connection)
    reason = Reason(person, f"rollout {rollout.id} was promoted", Evidence.ROLLOUT, rollout.id)
    for slot, change in contents.current(connection).items():
        if change.content.model == rollout.incumbent:
            candidate = Content(change.content.task, rollout.candidate, rollout.revision, rollout.options)
            contents.put(connection, slot, candidate, reason)


def take_out(connection: sa.Connection, rollout_id: int, *, person: str) -> None:
    """Let each slot whose model a rollout put there hold the model before it again."""
    contents.lock(connection)
    for slot in holding(connection, rollout_id):
        if len(contents.standing(contents.history(connection, slot))) > 1:
            contents.take_back(connection, slot, person=person, why=f"rollout {rollout_id} was rolled back")


def holding(connection: sa.Connection, rollout_id: int) -> list[str]:
    """Slots whose present model a rollout put there."""
    return sorted(
        slot
        for slot, change in contents.current(connection).items()
        if (change.reason.evidence, change.reason.evidence_id) == (Evidence.ROLLOUT, rollout_id)
    )
