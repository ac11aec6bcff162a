"""Which worker processes live, by their heartbeat rows; a ping through the broker would tell less."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.queries.heartbeat import STALE_SECONDS
from records.tables import workers

FORGOTTEN_HOURS = 24
"""Age at which the row of a worker that ended without signing off is removed (h)."""

_RECENT = workers.c.seen_at > sa.func.now() - sa.text(f"interval '{STALE_SECONDS} seconds'")


def recent() -> sa.ColumnElement[bool]:
    """Whether a row of ``workers`` is that of a living one."""
    return _RECENT


@dataclass(frozen=True, slots=True)
class WorkerProcess:
    """A worker, or a scheduler.

    Attributes:
        process: its identity: two hosts of one name may have workers of one node name.
        queues: that it serves; a scheduler serves none.
        memory: bytes that its processes take; None where it is not measured.
        device_memory, device_memory_total: bytes in use on its GPU by all processes, and bytes that the GPU has.
    """

    node: str
    process: str
    host: str
    pid: int
    queues: tuple[str, ...] = ()
    device: str = "cpu"
    memory: int | None = None
    device_memory: int | None = None
    device_memory_total: int | None = None


def beat(connection: sa.Connection, worker: WorkerProcess, trouble: str | None = None) -> None:
    """Note that a worker lives; ``trouble`` None leaves the one that it has."""
    row: dict[str, Any] = {
        "host": worker.host,
        "pid": worker.pid,
        "queues": list(worker.queues),
        "device": worker.device,
        "memory": worker.memory,
        "device_memory": worker.device_memory,
        "device_memory_total": worker.device_memory_total,
    }
    key = {"node": worker.node, "process": worker.process}
    statement = insert(workers).values(row | key | {"trouble": trouble or ""})
    renewed = row | {"seen_at": sa.func.now()} | ({} if trouble is None else {"trouble": trouble})
    connection.execute(statement.on_conflict_do_update(index_elements=["node", "process"], set_=renewed))


def forget_gone(connection: sa.Connection) -> None:
    """Remove the rows of processes that ended long ago without signing off."""
    long_gone = workers.c.seen_at < sa.func.now() - sa.text(f"interval '{FORGOTTEN_HOURS} hours'")
    connection.execute(sa.delete(workers).where(long_gone))


def record_error(connection: sa.Connection, node: str, process: str, trouble: str) -> None:
    """Note what a worker cannot do; it stands until the worker is started anew."""
    this = sa.and_(workers.c.node == node, workers.c.process == process)
    connection.execute(sa.update(workers).where(this).values(trouble=trouble))


def troubles(connection: sa.Connection) -> list[str]:
    """What live workers and schedulers cannot do."""
    query = sa.select(workers.c.node, workers.c.trouble).where(_RECENT, workers.c.trouble != "")
    return [f"{row.node}: {row.trouble}" for row in connection.execute(query.order_by(workers.c.node))]


def schedulers(connection: sa.Connection) -> int:
    """How many schedulers live: they sign on with no queues."""
    query = sa.select(sa.func.count()).where(_RECENT, sa.func.cardinality(workers.c.queues) == 0)
    return int(connection.scalar(query) or 0)


def leave(connection: sa.Connection, node: str, process: str) -> None:
    """Note that a worker ends in good order."""
    connection.execute(sa.delete(workers).where(workers.c.node == node, workers.c.process == process))


def crew(connection: sa.Connection) -> list[frozenset[str]]:
    """The queues that each live worker serves."""
    return [frozenset(queues) for queues in connection.scalars(sa.select(workers.c.queues).where(_RECENT))]


def devices(connection: sa.Connection) -> dict[str, tuple[str, ...]]:
    """The devices of the live workers that serve each queue."""
    queue = sa.func.unnest(workers.c.queues).label("queue")
    pairs = sa.select(queue, workers.c.device).where(_RECENT).distinct().order_by(queue, workers.c.device)
    by_queue: dict[str, tuple[str, ...]] = {}
    for row in connection.execute(pairs):
        by_queue[row.queue] = (*by_queue.get(row.queue, ()), row.device)
    return by_queue


def live(connection: sa.Connection) -> dict[str, int]:
    """How many live workers each queue has."""
    queue = sa.func.unnest(workers.c.queues).label("queue")
    live_queues = sa.select(queue).where(_RECENT).subquery()
    query = sa.select(live_queues.c.queue, sa.func.count().label("count")).group_by(live_queues.c.queue)
    return {str(row.queue): int(row._mapping["count"]) for row in connection.execute(query)}
