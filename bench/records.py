"""What people wait for when the records are full: status, lists, desk pages and a manifest at a million images.

An embedded Postgres is filled by SQL with 30 batches, one of 70 % of all images, and their steps; that takes some
minutes and 4 kB an image. Each row is the median of some calls on one connection, by the clock: on a machine that is
busy with other things it is longer. So a row is over its limit only where the fastest of its calls is.

Exit code 1 where a row is over its limit.
"""

import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bench import entry
from line.states import ImageState
from records.database import Database
from records.grid import listing as grid
from records.grid.filters import Filter, Order
from records.grid.groups import groups
from records.grid.listing import Place
from records.live import line_state, recent_readings
from records.metrics import snapshot
from records.queries import listings, reports, review_queue, text_search_results
from review.desk.live.readings import MAX_STEPS
from stack.servers.postgres import EmbeddedPostgres
from tasks.templates.rescan import PAGE_IMAGES

FILL = Path(__file__).with_name("records_fill.sql")
LIMIT_MS = 50.0
"""Maximum time of every row that is not in LIMITS (ms)."""
SEARCH_LIMIT_MS = 500.0
"""Maximum time of a page of the grid that looks through the readings of images, 10,000 at most (ms)."""
MANIFEST_LIMIT_MS = 2000.0
"""Maximum time of a manifest of 1 % of the images, 10,000 of a million (ms)."""
LIMITS = {
    "manifest": MANIFEST_LIMIT_MS,
    "grid: range of a reading": SEARCH_LIMIT_MS,
}
"""Limits of rows that are no page of an index, by the start of their names (ms)."""


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--calls", type=int, default=5)
    options = entry.parse(parser, quick={"images": 3000, "calls": 3})
    with tempfile.TemporaryDirectory(prefix="sluice-records-") as folder:
        result = measure(Path(folder), options.images, options.calls)
    show(result)
    entry.write(options.json, result)
    sys.exit(1 if any(row["is_over"] for row in result["rows"]) else 0)


def measure(folder: Path, images: int, calls: int) -> dict[str, Any]:
    """Fill the records and time each query."""
    with EmbeddedPostgres(folder) as server:
        database = Database(server.url)
        database.migrate()
        started = time.perf_counter()
        fill(database.engine, images)
        seconds = time.perf_counter() - started
        with database.engine.connect() as connection:
            rows = [timed(name, partial(query, connection), calls) for name, query in queries(images).items()]
        database.close()
    return {"images": images, "fill_seconds": seconds, "rows": rows}


def fill(engine: sa.Engine, images: int) -> None:
    """The rows of :data:`FILL`, and fresh statistics for the planner."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("SET statement_timeout = 0"))
        for statement in filter(str.strip, FILL.read_text("utf-8").split(";\n")):
            connection.execute(sa.text(statement), {"images": images} if ":images" in statement else {})
        connection.execute(sa.text("VACUUM ANALYZE batches, images, steps, image_counts, step_counters"))


def queries(images: int) -> dict[str, Callable[[sa.Connection], object]]:
    """What is timed, by name: the first batch is the large one, the second is the one with a manifest."""
    late = int(images * 0.69)

    def first(lines: Callable[..., Any], *words: Any, **more: Any) -> Callable[[sa.Connection], object]:
        return lambda connection: list(itertools.islice(lines(connection, *words, **more), listings.PAGE))

    return {
        "status (and health check)": reports.overview,
        "status BATCH": lambda connection: reports.batch(connection, 1),
        "metrics": snapshot.take,
        "progress bar": lambda connection: reports.progress(connection, 1),
        "images --state flagged": first(listings.image_lines, 1, "flagged"),
        "images --state flagged, last page": first(listings.image_lines, 1, "flagged", after=late),
        "images": first(listings.image_lines, 1),
        "requeue --template, a page": lambda connection: text_search_results.page(
            connection,
            1,
            ImageState.DELIVERED,
            ("find_text", "erase_text"),
            after=late // 2,
            limit=PAGE_IMAGES,
        ),
        "desk: overview": line_state.take,
        "desk: newest readings": lambda connection: recent_readings.newer(connection, 0, MAX_STEPS),
        "desk: page of a batch": lambda connection: review_queue.page(connection, 1, limit=21),
        "desk: page of a reason": lambda connection: review_queue.page(
            connection, 1, reason="seam.seam", after=late // 2, limit=21
        ),
        **_grid_queries(late),
        "manifest of 1 %": lambda connection: sum(1 for _ in listings.manifest_lines(connection, 2)),
    }


def _grid_queries(late: int) -> dict[str, Callable[[sa.Connection], object]]:
    """Those of the grid; ``late`` is the id of an image far down the list."""
    return {
        "grid: worst of a batch": lambda connection: grid.page(connection, _flagged(batch=1)),
        "grid: worst of all batches": lambda connection: grid.page(connection, _flagged()),
        "grid: worst of all batches, later": lambda connection: grid.page(
            connection, _flagged(), Place(1, late, severity=0.5)
        ),
        "grid: delivered of a batch, by name": lambda connection: grid.page(
            connection,
            Filter(batch=1, state=ImageState.DELIVERED, order=Order.NAME),
            Place(1, late, "p/0480000.jpg"),
        ),
        "grid: refused of a batch": lambda connection: grid.page(
            connection, Filter(batch=1, state=ImageState.REJECTED)
        ),
        "grid: part of a name": lambda connection: grid.page(connection, _flagged(batch=1, name="99.jpg")),
        "grid: range of a reading": lambda connection: grid.page(
            connection, Filter(batch=1, state=ImageState.DELIVERED, reading="tiling", low=0.005, high=0.02)
        ),
        "grid: counts of a set": lambda connection: grid.sources(
            connection, Filter(state=ImageState.FLAGGED)
        ),
        "grid: groups of a batch": lambda connection: groups(connection, _flagged(batch=1)),
    }


def _flagged(**fields: Any) -> Filter:
    return Filter(state=ImageState.FLAGGED, order=Order.SEVERITY, **fields)


def timed(name: str, call: Callable[[], object], calls: int) -> dict[str, Any]:
    """Least, median and greatest time of some calls, in ms."""
    spent = []
    for _ in range(calls):
        started = time.perf_counter()
        call()
        spent.append(1000 * (time.perf_counter() - started))
    limit = next((most for start, most in LIMITS.items() if name.startswith(start)), LIMIT_MS)
    return {
        "name": name,
        "milliseconds": statistics.median(spent),
        "least": min(spent),
        "greatest": max(spent),
        "limit": limit,
        "is_over": min(spent) > limit,
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['images']:,} images, filled in {result['fill_seconds']:.0f} s")
    print(f"{'query':36} {'median ms':>10} {'greatest':>9} {'limit':>6}")
    for row in result["rows"]:
        print(
            f"{row['name']:36} {row['milliseconds']:10.1f} {row['greatest']:9.1f} {row['limit']:6.0f}"
            + ("  OVER" if row["is_over"] else "")
        )


if __name__ == "__main__":
    main()
