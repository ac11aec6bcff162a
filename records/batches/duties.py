"""Which duties of a scheduler have something to do, in one statement: most notifications concern the planner alone."""

from enum import StrEnum

import sqlalchemy as sa


class Duty(StrEnum):
    """What a scheduler may have to do."""

    PLAN = "plan"
    CLOSE = "close"
    PUT_BACK = "put_back"
    DECIDE_ROLLOUTS = "decide_rollouts"
    SEND_ROUND = "send_round"
    WITHDRAW = "withdraw"
    LEARN = "learn"
    MANIFEST = "manifest"
    SEND_WEBHOOKS = "send_webhooks"


_CONDITIONS = {
    Duty.PLAN: (
        "FROM batches JOIN images ON images.batch_id = batches.id AND images.state = 'waiting'"
        " WHERE batches.state IN ('running', 'probing')"
    ),
    Duty.CLOSE: (
        "FROM batches WHERE state = 'probing' OR (state = 'running' AND NOT EXISTS (SELECT FROM image_counts"
        " WHERE image_counts.batch_id = batches.id AND image_counts.images > 0"
        " AND image_counts.state IN ('waiting', 'working', 'held')))"
    ),
    Duty.PUT_BACK: "FROM decisions WHERE undo_by IS NOT NULL AND undone_at IS NULL",
    Duty.DECIDE_ROLLOUTS: "FROM rollouts WHERE state IN ('shadow', 'ramp')",
    Duty.SEND_ROUND: "FROM rollouts WHERE state = 'rolled_back' AND cleared_at IS NULL",
    Duty.WITHDRAW: "FROM withdrawals",
    Duty.LEARN: (
        "FROM batches WHERE (surveyed_at IS NULL OR surveyed_at < searched_at) AND state IN ('running', 'done')"
    ),
    Duty.MANIFEST: "FROM batches WHERE manifest_due",
    Duty.SEND_WEBHOOKS: (
        "FROM webhook_events WHERE announced_at IS NULL AND due_at <= now()"
        " UNION ALL SELECT FROM webhook_deliveries WHERE due_at <= now()"
    ),
}

_QUERY = sa.text(
    "SELECT "
    + ", ".join(f"EXISTS (SELECT {condition}) AS {duty}" for duty, condition in _CONDITIONS.items())
    + ", EXISTS (SELECT FROM batches WHERE state IN ('running', 'probing') OR manifest_due)"
    " OR EXISTS (SELECT FROM shards WHERE state = 'open') AS has_work"
)


def pending(connection: sa.Connection) -> tuple[frozenset[Duty], bool]:
    """The duties that have something to do, and whether there is any work; every part is answered by an index."""
    row = connection.execute(_QUERY).one()._mapping
    return frozenset(duty for duty in Duty if row[duty]), bool(row["has_work"])
