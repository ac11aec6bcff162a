"""Batches: recorded once, halted by the breaker or a person, resumed through a probe, closed.

Every transaction that touches several rows of a batch takes :func:`lock` first, so that no two of
them can wait for each other.
"""

from records.batches.breaker import conclude_probe, halt, probe, probe_is_back
from records.batches.lifecycle import (
    close,
    find,
    get,
    is_open,
    lock,
    manifest_written,
    of_prefix,
    open_ones,
    record,
    reopen,
    settled,
)
from records.batches.types import Batch, NewBatch, NewImage

__all__ = [
    "Batch",
    "NewBatch",
    "NewImage",
    "close",
    "conclude_probe",
    "find",
    "get",
    "halt",
    "is_open",
    "lock",
    "manifest_written",
    "of_prefix",
    "open_ones",
    "probe",
    "probe_is_back",
    "record",
    "reopen",
    "settled",
]
