"""The figures of a batch's report, as one JSON document."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Final

import sqlalchemy as sa

from records.budget import totals
from records.queries import batch_report, reports

WORST: Final = 8
"""Number of worst images shown."""
COMPARED: Final = {
    "images_per_second": "images per second",
    "artifact_rate": "artifact rate",
    "flagged_share": "share flagged",
    "cost_per_thousand": "cost per thousand",
    "peoples_minutes": "people's minutes",
}
"""Figures that are compared with the batch before, and what people call them."""


def figures(connection: sa.Connection, batch_id: int) -> dict[str, Any]:
    """Everything that the report says.

    Raises:
        InputError: there is no such batch.
    """
    document = _of_one(connection, batch_id)
    before_id = batch_report.previous(connection, batch_id)
    before = _of_one(connection, before_id)["summary"] if before_id is not None else None
    worst = [asdict(image) for image in batch_report.worst(connection, batch_id, WORST)]
    return document | {"worst": worst, "before": before, "changes": changes(document["summary"], before)}


def changes(summary: Mapping[str, Any], before: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Each compared figure of two batches with its change; empty without a batch before."""
    if before is None:
        return []
    return [
        {
            "figure": words,
            "now": summary[name],
            "before": before[name],
            "change": summary[name] - before[name],
        }
        for name, words in COMPARED.items()
    ]


def _of_one(connection: sa.Connection, batch_id: int) -> dict[str, Any]:
    report = reports.batch(connection, batch_id)
    people = batch_report.peoples_time(connection, batch_id)
    images, by_state = report["images"], report["by_state"]
    summary = {
        "batch": batch_id,
        "vendor": report["vendor"],
        "upload": report["upload"],
        "recipe": report["recipe"],
        "state": report["state"],
        "halt_reason": report["halt_reason"],
        "taken_at": report["taken_at"].isoformat(),
        "images": images,
        "by_state": {state: count for state, count in by_state.items() if count},
        "seconds": report["seconds"],
        "images_per_second": report["images_per_second"],
        "artifact_rate": report["artifact_rate"],
        "judged": report["judged"],
        "flagged_share": by_state["flagged"] / images if images else 0.0,
        "cost": report["cost"],
        "cost_per_thousand": 1000 * report["cost"] / images if images else 0.0,
        "decisions": people.decisions,
        "people": people.people,
        "peoples_minutes": people.minutes,
    }
    steps = [
        asdict(total) | {"artifact_rate": total.artifact_rate, "cost_per_thousand": total.cost_per_thousand}
        for total in totals.of_batch(connection, batch_id)
    ]
    faults = [asdict(fault) for fault in batch_report.faults(connection, batch_id)]
    return {"summary": summary, "steps": steps, "faults": faults, "budget": report["budget"]}
