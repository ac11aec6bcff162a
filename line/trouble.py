"""What waits or is not taken, as people read it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class TroubleKind(StrEnum):
    """What a trouble is about; decides who resolves it."""

    INGEST = "ingest"  # something in the ingest bucket that is not taken
    ARRIVING = "arriving"  # an upload that is not complete yet: nothing is wrong
    STEP = "step"  # a step of a batch that is tried again; resolved when the step succeeds
    BATCH = "batch"  # a batch's manifest or withdrawn files; resolved when they are written
    PROGRAM = "program"  # a process of this machine that keeps dying
    BUDGET = "budget"  # most of a budget is spent; resolved when it is raised
    SERVER = "server"  # Redis, or the bucket as a whole
    ROLLOUT = "rollout"  # a candidate model that was rolled back, or about which a person is to decide

    @property
    def concerns_batches(self) -> bool:
        """Whether batches wait for it, and not only uploads."""
        return self not in (TroubleKind.INGEST, TroubleKind.ARRIVING)


@dataclass(frozen=True, slots=True)
class Trouble:
    """One trouble as people read it.

    Attributes:
        subject: what waits, such as ``ingest/acme/spring`` or ``batch 3: deliver``.
        sentence: why, and how to mend it.
        times: how often it was met.
    """

    id: int
    kind: TroubleKind
    subject: str
    sentence: str
    since: datetime
    seen_at: datetime
    times: int
    batch_id: int | None

    def __str__(self) -> str:
        return f"{self.subject}: {self.sentence}"
