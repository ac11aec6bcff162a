"""What the records, the delivered folders and the manifests hold of a soak's images."""

import json
from typing import Any

import sqlalchemy as sa


def unsettled_work() -> int | None:
    """Images that have not settled, and manifests that are due; None while Postgres is away."""
    from bench.process import context
    from line.errors import ServiceError

    query = sa.text(
        "SELECT (SELECT count(*) FROM images WHERE state IN ('waiting', 'working', 'held'))"
        " + (SELECT count(*) FROM batches WHERE manifest_due OR state <> 'done')"
    )
    try:
        return int(context().database.transact(lambda connection: connection.scalar(query) or 0, patience=0))
    except ServiceError:
        return None


def verdict(submitted: int) -> dict[str, Any]:
    """What the records, the folders and the manifests say of every image."""
    from bench.process import context
    from tests.harness.promises import unjudged

    with context().database.engine.connect() as connection:
        states: dict[str, int] = dict(
            connection.execute(sa.text("SELECT state::text, count(*) FROM images GROUP BY 1")).all()
        )
        again = connection.scalar(
            sa.text(
                "SELECT count(*) FROM (SELECT FROM steps WHERE verdict = 'pass'"
                " GROUP BY image_id, recipe, position HAVING count(*) > 1) AS twice"
            )
        )
        batches = connection.execute(sa.text("SELECT id, out FROM batches ORDER BY id")).all()
        lost = submitted - sum(
            states.get(state, 0) for state in ("delivered", "flagged", "rejected", "failed")
        )
        duplicated, unlike, unlisted = int(again or 0), 0, 0
        wrong: list[tuple[Any, ...]] = []
        for batch in batches:
            out = context().buckets.at(batch.out)
            files = {item.key for item in out.walk("")} - {"manifest.jsonl"}
            query = sa.text("SELECT file FROM images WHERE batch_id = :id AND state = 'delivered'")
            recorded = list(connection.scalars(query, {"id": batch.id}))
            lost += len(set(recorded) - files)
            unlike += len(files - set(recorded)) + len(recorded) - len(set(recorded))
            if out.find("manifest.jsonl") is None:
                unlisted += 1
                continue
            listed = [json.loads(line)["name"] for line in out.get("manifest.jsonl").decode().splitlines()]
            duplicated += len(listed) - len(set(listed))
            wrong += unjudged(batch.id)
        reasons = connection.execute(
            sa.text("SELECT reason, count(*) FROM images WHERE state = 'failed' GROUP BY 1 ORDER BY 2 DESC")
        ).all()
    return {
        "by_state": states,
        "lost": lost + unlisted,
        "duplicated": duplicated + unlike,
        "unjudged": len(wrong),
        "failed_because": {row[0]: row[1] for row in reasons},
    }
