"""Batches and their images, as intake records them and as the table holds them."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from line.breaker import Counts
from line.states import BatchState


@dataclass(frozen=True, slots=True)
class NewBatch:
    """An upload that intake found complete."""

    vendor: str
    upload: str
    prefix: str
    digest: str
    recipe: str
    out: str
    watermark_rights: str | None = None
    """The vendor's attestation that it may have watermarks removed."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A recorded batch.

    Attributes:
        recipe: digest of its recipe.
        out: URL of the delivered folder.
        judged, artifacts: what its breaker has counted since it last closed.
        halted_at_step: position of the step whose verdicts tripped the breaker.
        surveyed_at: when its texts were last looked through for vendor templates.
    """

    id: int
    vendor: str
    upload: str
    recipe: str
    out: str
    state: BatchState
    judged: int
    artifacts: int
    halted_at_step: int | None
    manifest_due: bool
    created_at: datetime
    surveyed_at: datetime | None

    @classmethod
    def from_row(cls, row: sa.Row[Any]) -> "Batch":
        """From a row of the table ``batches``."""
        columns = {field.name: getattr(row, field.name) for field in fields(cls)}
        return cls(**columns | {"state": BatchState(row.state)})

    @property
    def counts(self) -> Counts:
        return Counts(self.judged, self.artifacts)


@dataclass(frozen=True, slots=True)
class NewImage:
    """One file of it. A refused one is recorded as rejected, with its reason."""

    name: str
    source: str
    size: int
    file: str
    reason: str = ""
    sentence: str = ""
    tag: str = ""
    """What the bucket says of the original; empty where its key already names its content."""
    raw_name: bytes | None = None
    """The name's bytes in the upload, where they are not the UTF-8 of ``name``."""
