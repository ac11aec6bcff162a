"""What a batch has cost by step, and what its budgets have left, as people and programs read it."""

from typing import Any

from records.queries.select import Connection, select


def of_batch(connection: Connection, batch_id: int) -> dict[str, Any]:
    """``budget``: the accounts that pay for the batch; ``cost_per_thousand``: by transform, for those that cost."""
    accounts = select(
        connection,
        "SELECT scope, budgets.key, ceiling, spent, budgets.reserved FROM budgets, batches"
        " CROSS JOIN LATERAL (SELECT to_char(timezone('UTC', now()), 'YYYY-MM') AS month) AS today"
        " WHERE batches.id = %(batch)s AND (scope, budgets.key) IN (('batch', batches.id::text),"
        " ('vendor', vendor || ' ' || month), ('month', month)) ORDER BY scope",
        batch=batch_id,
    )
    steps = select(
        connection,
        "SELECT transform, cost / images * 1000 AS per_thousand FROM step_totals"
        " WHERE batch_id = %(batch)s AND images > 0 AND cost > 0 ORDER BY cost DESC",
        batch=batch_id,
    )
    return {
        "budget": [
            {
                "scope": row.scope,
                "key": row.key,
                "ceiling": float(row.ceiling),
                "spent": float(row.spent),
                "reserved": float(row.reserved),
                "left": max(0.0, float(row.ceiling - row.spent - row.reserved)),
            }
            for row in accounts
        ],
        "cost_per_thousand": {row.transform: row.per_thousand for row in steps},
    }
