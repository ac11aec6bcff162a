"""Halting a batch."""

from records import batches
from tests.harness.context import transact


def halt(batch: int, step: int | None = None) -> bool:
    return transact(lambda connection: batches.halt(connection, batch, "by hand", step))
