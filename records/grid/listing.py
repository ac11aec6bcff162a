"""Pages of the grid: each starts where the index stands behind the last image of the page before.

What no index answers (part of a name, the range of a reading) is looked for among a bounded number of images; then
the page ends early, and the next one goes on from there. There is no trigram index of names: an image changes its state
some ten times, and each change would write all trigrams of its name again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from line.states import ImageState
from records.grid.filters import Filter, Order
from records.tables import batches, image_counts

PAGE: Final = 60
"""Images of one page."""
CHUNK: Final = 1000
"""Images that are looked at by one query, where not every one of them is shown."""
NAME_CHUNK: Final = 5000
"""The same, where Postgres compares their names and sends only those that match."""
MAX_EXAMINED: Final = 10_000
"""Maximum number of images that are looked at for one page."""
MAX_BATCHES: Final = 100
"""Maximum number of batches that one set is taken from, the newest."""
WORST: Final = 3.0e38
"""A severity above all others (real, 32 bits)."""
LAST_ID: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the last image that was looked at, and what it is ordered by."""

    batch: int
    id: int
    name: str = ""
    severity: float = 0.0


@dataclass(frozen=True, slots=True)
class Page:
    """One page.

    Attributes:
        ids: images in the order of the filter.
        next: where the next page starts; None behind the last.
        is_cut: whether the page ended because enough images were looked at.
    """

    ids: Sequence[int]
    next: Place | None
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """Images of one batch, state and reason, by the counters."""

    batch: int
    state: ImageState
    reason: str
    images: int


def sources(connection: sa.Connection, chosen: Filter) -> list[Source]:
    """Where the images of a set are, by the counters; the newest batch first."""
    parts = [image_counts.c.images > 0]
    if chosen.batch is not None:
        parts.append(image_counts.c.batch_id == chosen.batch)
    if chosen.state is not None:
        parts.append(image_counts.c.state == chosen.state)
    if chosen.reason:
        parts.append(image_counts.c.reason == chosen.reason)
    if chosen.vendor:
        parts.append(batches.c.vendor == chosen.vendor)
    matching = (
        sa.select(image_counts.c.batch_id, image_counts.c.state, image_counts.c.reason, image_counts.c.images)
        .join(batches, batches.c.id == image_counts.c.batch_id)
        .where(*parts)
        .subquery()
    )
    newest = (
        sa.select(matching.c.batch_id)
        .distinct()
        .order_by(matching.c.batch_id.desc())
        .limit(MAX_BATCHES)
        .scalar_subquery()
    )
    query = sa.select(matching).where(matching.c.batch_id.in_(newest)).order_by(matching.c.batch_id.desc())
    return [
        Source(row.batch_id, ImageState(row.state), row.reason, row.images)
        for row in connection.execute(query)
    ]


def page(connection: sa.Connection, chosen: Filter, after: Place | None = None, limit: int = PAGE) -> Page:
    """The next images of a set."""
    taken: list[sa.Row[Any]] = []
    examined, last = 0, after
    for rows in _chunks(connection, chosen, after, limit):
        matching = _matching(connection, chosen, rows)
        for row in rows:
            if row.id in matching:
                taken.append(row)
            if len(taken) > limit:
                return Page([each.id for each in taken[:limit]], _place(taken[limit - 1]))
        examined, last = examined + rows[-1].examined, _place(rows[-1])
        if examined >= MAX_EXAMINED:
            return Page([each.id for each in taken], last, is_cut=True)
    return Page([each.id for each in taken], None)


def _place(row: sa.Row[Any]) -> Place:
    return Place(row.batch_id, row.id, row.name, row.severity)


def _chunks(
    connection: sa.Connection, chosen: Filter, after: Place | None, limit: int
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Images in order, some at a time; those that no index rules out are among them."""
    there = sources(connection, chosen)
    if chosen.is_by_severity:
        yield from _by_severity(connection, chosen, there, after, _chunk_size(chosen, limit))
        return
    for batch in dict.fromkeys(source.batch for source in there):
        if after is not None and batch > after.batch:
            continue
        start = after if after is not None and batch == after.batch else Place(batch, 0)
        if chosen.order is Order.NAME:
            yield from _by_name(connection, chosen, start)
        else:
            states = sorted({source.state for source in there if source.batch == batch})
            yield from _as_uploaded(connection, chosen, states, start, _chunk_size(chosen, limit))


def _chunk_size(chosen: Filter, limit: int) -> int:
    """Number of images that one query looks at."""
    if chosen.reading:
        return CHUNK
    if chosen.name:
        return NAME_CHUNK
    return limit + 1


def _examined(page: str) -> str:
    """SQL: what is needed of the images of a page; of those whose name lacks ``:part`` only of the last one.

    Names with letters beyond ASCII are all among them: Python folds ``ß`` to ``ss``, Postgres does not.

    Args:
        page: a query of their ids, in order.
    """
    return f"""
        WITH page AS MATERIALIZED ({page}),
        placed AS MATERIALIZED (SELECT id, row_number() OVER () AS place, count(*) OVER () AS examined FROM page),
        named AS MATERIALIZED (
            SELECT id, batch_id, name, severity, state, reason, template FROM images
            WHERE id = ANY(ARRAY(SELECT id FROM page))
              AND (strpos(lower(name), :part) > 0 OR octet_length(name) > char_length(name)
                   OR id = (SELECT id FROM placed WHERE place = examined)))
        SELECT named.*, examined FROM placed JOIN named ON named.id = placed.id ORDER BY place"""


def _part(chosen: Filter) -> str:
    """What Postgres compares names with, which may not lower other letters than those of ASCII; empty matches all."""
    part = chosen.name.casefold()
    return part if part.isascii() else ""


def _by_severity(
    connection: sa.Connection, chosen: Filter, there: Sequence[Source], after: Place | None, size: int
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Flagged images of all sources, merged: few of each are read from the index."""
    template = "AND template = :template" if chosen.template is not None else ""
    page_query = f"""
        SELECT worst.id FROM unnest(CAST(:batches AS bigint[]), CAST(:reasons AS text[])) AS source(batch, reason)
        CROSS JOIN LATERAL (
            SELECT id, severity FROM images
            WHERE state = 'flagged' AND batch_id = source.batch AND reason = source.reason {template}
              AND (severity, id) < (CAST(:severity AS real), CAST(:id AS bigint))
            ORDER BY severity DESC, id DESC LIMIT :size) AS worst
        ORDER BY worst.severity DESC, worst.id DESC LIMIT :size"""
    query = sa.text(_examined(page_query))
    values: dict[str, Any] = {
        "part": _part(chosen),
        "batches": [each.batch for each in there],
        "reasons": [each.reason for each in there],
        "size": size,
    }
    if chosen.template is not None:
        values["template"] = chosen.template
    place = after or Place(0, LAST_ID, severity=WORST)
    while rows := connection.execute(query, values | {"severity": place.severity, "id": place.id}).all():
        yield rows
        if rows[-1].examined < size:
            return
        place = _place(rows[-1])


def _as_uploaded(
    connection: sa.Connection, chosen: Filter, states: Sequence[ImageState], place: Place, size: int
) -> Iterator[Sequence[sa.Row[Any]]]:
    """Images of one batch in some states by id; each state's are in order in the index."""
    reason = "AND reason = :reason" if chosen.reason else ""
    template = "AND template = :template" if chosen.template is not None else ""
    parts = " UNION ALL ".join(
        f"(SELECT id FROM images WHERE batch_id = :batch AND state = '{state.value}' AND id > :id {reason} {template}"
        " ORDER BY id LIMIT :size)"
        for state in states
    )
    query = sa.text(_examined(f"SELECT id FROM ({parts}) AS merged ORDER BY id LIMIT :size"))
    values: dict[str, Any] = {"batch": place.batch, "size": size, "part": _part(chosen)}
    values |= {"reason": chosen.reason} if chosen.reason else {}
    values |= {"template": chosen.template} if chosen.template is not None else {}
    while rows := connection.execute(query, values | {"id": place.id}).all():
        yield rows
        if rows[-1].examined < size:
            return
        place = _place(rows[-1])


def _by_name(connection: sa.Connection, chosen: Filter, place: Place) -> Iterator[Sequence[sa.Row[Any]]]:
    """All images of one batch by name."""
    page_query = "SELECT id FROM images WHERE batch_id = :batch AND name > :name ORDER BY name LIMIT :size"
    query = sa.text(_examined(page_query))
    values = {"batch": place.batch, "size": max(CHUNK, _chunk_size(chosen, PAGE)), "part": _part(chosen)}
    while rows := connection.execute(query, values | {"name": place.name}).all():
        yield rows
        if rows[-1].examined < values["size"]:
            return
        place = _place(rows[-1])


def _matching(connection: sa.Connection, chosen: Filter, rows: Sequence[sa.Row[Any]]) -> set[int]:
    """Those of ``rows`` that the whole filter lets through."""
    part = chosen.name.casefold()
    ids = [
        row.id
        for row in rows
        if (chosen.state is None or row.state == chosen.state)
        and (not chosen.reason or row.reason == chosen.reason)
        and (chosen.template is None or row.template == chosen.template)
        and part in row.name.casefold()
    ]
    return _in_range(connection, chosen, ids) if chosen.reading and ids else set(ids)


def _in_range(connection: sa.Connection, chosen: Filter, ids: Sequence[int]) -> set[int]:
    query = sa.text("""
        SELECT image.id FROM unnest(CAST(:ids AS bigint[])) AS image(id)
        CROSS JOIN LATERAL (
            SELECT CAST(readings ->> :reading AS double precision) AS value FROM steps
            WHERE steps.image_id = image.id AND jsonb_exists(readings, :reading)
            ORDER BY steps.id DESC LIMIT 1) AS latest
        WHERE latest.value BETWEEN :low AND :high""")
    values = {
        "ids": list(ids),
        "reading": chosen.reading,
        "low": float("-inf") if chosen.low is None else chosen.low,
        "high": float("inf") if chosen.high is None else chosen.high,
    }
    return set(connection.scalars(query, values))


def reading_names(connection: sa.Connection, ids: Sequence[int]) -> list[str]:
    """Names of all readings of some images."""
    query = sa.text(
        "SELECT DISTINCT jsonb_object_keys(readings) AS name FROM steps WHERE image_id = ANY(:ids) ORDER BY name"
    )
    return list(connection.scalars(query, {"ids": list(ids)}))
