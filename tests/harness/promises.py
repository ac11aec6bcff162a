"""The promises of the line, asked of the records and the files of a whole batch."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.harness.context import engine
from tests.harness.line import BESIDE

UNJUDGED = """
    -- delivered images of which some step of their route neither passed nor was overruled by a person
    WITH last AS (
        SELECT DISTINCT ON (steps.image_id, steps.position) steps.image_id, steps.position, steps.verdict
        FROM steps JOIN images ON images.id = steps.image_id AND images.recipe = steps.recipe
        ORDER BY steps.image_id, steps.position, steps.id DESC
    ), route AS (
        SELECT events.image_id, max(events.at) AS accepted_at
        FROM events WHERE events.old = 'flagged' AND events.new = 'waiting' AND events.actor LIKE 'person%'
        GROUP BY events.image_id
    )
    SELECT images.name, last.position, last.verdict FROM images
    JOIN last ON last.image_id = images.id
    LEFT JOIN route ON route.image_id = images.id
    WHERE images.batch_id = :batch AND images.state = 'delivered'
      AND last.verdict <> 'pass' AND NOT (images.accepted AND route.accepted_at IS NOT NULL)
    UNION ALL
    SELECT images.name, -1, 'no step' FROM images
    WHERE images.batch_id = :batch AND images.state = 'delivered'
      AND NOT EXISTS (SELECT FROM steps WHERE steps.image_id = images.id
                      AND steps.transform = 'deliver' AND steps.verdict = 'pass')
"""


def unjudged(batch: int) -> list[tuple[Any, ...]]:
    """P2: what was delivered although a gate said no and nobody overruled it; must be empty."""
    with engine().connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(UNJUDGED), {"batch": batch})]


def manifest(out: Path) -> dict[str, dict[str, Any]]:
    """The lines of a delivered folder's manifest, by name; each name must stand there once."""
    lines = [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]
    assert len({line["name"] for line in lines}) == len(lines)
    return {line["name"]: line for line in lines}


def files(folder: Path) -> dict[str, bytes]:
    """Every file below a folder but the manifest, by its path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in BESIDE
    }


def counts(report: Mapping[str, Any]) -> dict[str, int]:
    """The states of a report in which there are images."""
    return {state: count for state, count in report["by_state"].items() if count}
