"""Which worker processes live, by their heartbeat rows; a ping through the broker would tell less."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from records.tables import workers

STALE_SECONDS = 15

_RECENT = workers.c.seen_at > sa.func.now() - sa.text(f"interval '{STALE_SECONDS} seconds'")


def beat(
    connection: sa.Connection,
    *,
    node: str,
    host: str,
    pid: int,
    queues: list[str],
    device: str,
    trouble: str | None = None,
) -> None:
    """Say that a worker lives; ``trouble`` None leaves what was said of it, until another process takes over."""
    row: dict[str, Any] = {"node": node, "host": host, "pid": pid, "queues": queues, "device": device}
    statement = insert(workers).values(row | {"trouble": trouble or ""})
    kept = sa.case((workers.c.pid == pid, workers.c.trouble), else_="") if trouble is None else trouble
    renewed = {**row, "seen_at": sa.func.now(), "trouble": kept}
    connection.execute(statement.on_conflict_do_update(index_elements=["node"], set_=renewed))


def complain(connection: sa.Connection, node: str, trouble: str) -> None:
    """Say what a worker cannot do; it stands until the worker is started afresh."""
    connection.execute(sa.update(workers).where(workers.c.node == node).values(trouble=trouble))


def troubles(connection: sa.Connection) -> list[str]:
    """What live workers and schedulers cannot do."""
    query = sa.select(workers.c.node, workers.c.trouble).where(_RECENT, workers.c.trouble != "")
    return [f"{row.node}: {row.trouble}" for row in connection.execute(query.order_by(workers.c.node))]


def schedulers(connection: sa.Connection) -> int:
    """How many schedulers live: they sign on with no queues."""
    query = sa.select(sa.func.count()).where(_RECENT, sa.func.cardinality(workers.c.queues) == 0)
    return int(connection.scalar(query) or 0)


def leave(connection: sa.Connection, node: str) -> None:
    """Say that a worker ends in good order."""
    connection.execute(sa.delete(workers).where(workers.c.node == node))


def crew(connection: sa.Connection) -> list[frozenset[str]]:
    """The queues that each live worker serves."""
    return [frozenset(queues) for queues in connection.scalars(sa.select(workers.c.queues).where(_RECENT))]


def live(connection: sa.Connection) -> dict[str, int]:
    """How many live workers each queue has."""
    queue = sa.func.unnest(workers.c.queues).label("queue")
    found = sa.select(queue).where(_RECENT).subquery()
    query = sa.select(found.c.queue, sa.func.count().label("count")).group_by(found.c.queue)
    return {str(row.queue): int(row._mapping["count"]) for row in connection.execute(query)}
