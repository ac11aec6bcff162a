"""Similar flagged images: of one vendor and reason, decided by one vendor template."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from records.grid.filters import Filter
from records.grid.listing import Source, sources

MAX_COUNT: Final = 1000
"""Maximum number to which a group of one template is counted in a batch."""
MAX_TEMPLATES: Final = 50
"""Maximum number of templates by which the images of one batch and reason are grouped."""
SHOWN: Final = 6
"""Images of each group that are shown."""


@dataclass(frozen=True, slots=True)
class Group:
    """Similar images.

    Attributes:
        template: the vendor template; None for images of that reason as a whole, whatever their template.
        images: their number, at least.
        is_more: whether there may be more than ``images``.
        examples: ids of the worst.
    """

    vendor: str
    reason: str
    template: int | None
    images: int
    is_more: bool
    examples: Sequence[int]


def groups(connection: sa.Connection, chosen: Filter) -> list[Group]:
    """The groups of a set of flagged images, the largest first."""
    there = sources(connection, chosen)
    vendors = _vendors(connection, there)
    by_reason: dict[tuple[str, str], list[Source]] = {}
    for source in there:
        by_reason.setdefault((vendors[source.batch], source.reason), []).append(source)
    result: list[Group] = []
    for (vendor, reason), parts in by_reason.items():
        batches = [source.batch for source in parts]
        total = sum(source.images for source in parts)
        result += _of_templates(connection, vendor, reason, batches)
        result.append(Group(vendor, reason, None, total, False, _worst(connection, reason, batches, None)))
    return sorted(result, key=lambda group: (-group.images, group.reason, group.template or 0))


def _vendors(connection: sa.Connection, there: Sequence[Source]) -> dict[int, str]:
    query = sa.text("SELECT id, vendor FROM batches WHERE id = ANY(:ids)")
    ids = sorted({source.batch for source in there})
    return {row.id: row.vendor for row in connection.execute(query, {"ids": ids})}


_TEMPLATES = sa.text(f"""
    SELECT one.template, sum(counted.images) AS images, bool_or(counted.images > {MAX_COUNT}) AS is_more
    FROM unnest(CAST(:batches AS bigint[])) AS batch(id)
    CROSS JOIN LATERAL (
        WITH RECURSIVE next AS (
            (SELECT template FROM images WHERE state = 'flagged' AND template IS NOT NULL
                 AND batch_id = batch.id AND reason = :reason ORDER BY template LIMIT 1)
            UNION ALL
            SELECT (SELECT template FROM images WHERE state = 'flagged' AND template IS NOT NULL
                 AND batch_id = batch.id AND reason = :reason AND template > next.template
                 ORDER BY template LIMIT 1)
            FROM next WHERE next.template IS NOT NULL)
        SELECT template FROM next WHERE template IS NOT NULL LIMIT {MAX_TEMPLATES}) AS one
    CROSS JOIN LATERAL (
        SELECT count(*) AS images FROM (
            SELECT 1 FROM images WHERE state = 'flagged' AND template IS NOT NULL
                 AND batch_id = batch.id AND reason = :reason AND images.template = one.template
            LIMIT {MAX_COUNT + 1}) AS part) AS counted
    GROUP BY one.template""")
"""The templates of one reason in some batches: each is the next greater one in the index, so none is counted twice."""


def _of_templates(connection: sa.Connection, vendor: str, reason: str, batches: Sequence[int]) -> list[Group]:
    rows = connection.execute(_TEMPLATES, {"batches": list(batches), "reason": reason}).all()
    return [
        Group(
            vendor,
            reason,
            row.template,
            int(row.images),
            row.is_more,
            _worst(connection, reason, batches, row.template),
        )
        for row in rows
    ]


def _worst(connection: sa.Connection, reason: str, batches: Sequence[int], template: int | None) -> list[int]:
    of_template = "AND template = :template" if template is not None else ""
    query = sa.text(f"""
        SELECT worst.id FROM unnest(CAST(:batches AS bigint[])) AS batch(id) CROSS JOIN LATERAL (
            SELECT id, severity FROM images WHERE state = 'flagged' AND batch_id = batch.id
                 AND reason = :reason {of_template} ORDER BY severity DESC, id DESC LIMIT {SHOWN}) AS worst
        ORDER BY worst.severity DESC, worst.id DESC LIMIT {SHOWN}""")
    values = {"batches": list(batches), "reason": reason}
    return list(connection.scalars(query, values | ({} if template is None else {"template": template})))
