"""One line for each image of a batch: for `sluice images`, and for the manifest. Read page by page, at flat memory.

A page starts where the index stands after the last image of the page before, so the last page costs what the
first one does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from line.states import ImageState
from records.tables import batches, images, steps

PAGE = 200
"""Images of one query."""


def image_lines(
    connection: sa.Connection, batch_id: int, state: str | None = None, *, after: int = 0
) -> Iterator[Mapping[str, Any]]:
    """One line for each image whose id is greater than ``after``, by id: name, state, reason, sentence, readings.

    ``regions`` are the texts found on it: corners in pixels (``quad``), ``box`` as shares of the photo, the
    probability of being an ``overlay``, and the vendor's ``template`` that settled it, if one did.
    """
    states = [state] if state else [each.value for each in ImageState]
    while rows := list(connection.execute(_page(batch_id, states, after))):
        for row in rows:
            yield {
                "id": row.id,
                "name": row.name,
                "state": str(row.state),
                "reason": row.reason,
                "sentence": row.sentence,
                "step": row.transform,
                "reasons": row.reasons or [],
                "readings": row.readings or {},
                "regions": row.regions or [],
            }
        after = rows[-1].id


def _page(batch_id: int, states: Sequence[str], after: int) -> sa.Select[Any]:
    """The next images in some states: each state's are in order in the index, and few of each are merged."""
    each = [
        sa.select(images.c.id)
        .where(
            images.c.batch_id == batch_id,
            images.c.state == sa.literal(state, images.c.state.type),
            images.c.id > after,
        )
        .order_by(images.c.id)
        .limit(PAGE)
        .subquery()
        for state in states
    ]
    merged = sa.union_all(*(sa.select(part.c.id) for part in each)).subquery()
    page = sa.select(merged.c.id).order_by(merged.c.id).limit(PAGE).subquery()
    last = (
        sa.select(steps.c.readings, steps.c.transform, steps.c.reasons)
        .where(steps.c.image_id == page.c.id)
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    return (
        sa.select(
            images.c.id,
            images.c.name,
            images.c.state,
            images.c.reason,
            images.c.sentence,
            images.c.facts["regions"].label("regions"),
            last.c.readings,
            last.c.transform,
            last.c.reasons,
        )
        .select_from(page.join(images, images.c.id == page.c.id).outerjoin(last, sa.true()))
        .order_by(images.c.id)
    )


def manifest_lines(connection: sa.Connection, batch_id: int) -> Iterator[str]:
    """One line of JSON for every image of the upload, refused ones too, in the upload's order.

    What is JSON in the records goes into the line as it stands there, without being read.
    """
    after = ""
    while rows := list(
        connection.execute(_MANIFEST_IMAGES, {"batch": batch_id, "after": after, "page": PAGE})
    ):
        done: dict[int, list[str]] = {row.id: [] for row in rows}
        for step in connection.execute(_MANIFEST_STEPS, {"images": list(done)}):
            done[step.image_id].append(step.line)
        for row in rows:
            line = {
                "name": row.name,
                "state": row.state,
                "reason": row.reason,
                "sentence": row.sentence,
                "name_bytes": row.raw_name,
                "file": row.file if row.state == ImageState.DELIVERED else None,
                "sha256": row.sha256,
                "delivered": row.delivered if row.state == ImageState.DELIVERED else None,
                "watermark_rights": row.watermark_rights,
            }
            yield f'{json.dumps(line, ensure_ascii=False)[:-1]}, "steps": [{", ".join(done[row.id])}]}}'
        after = rows[-1].name


_MANIFEST_IMAGES = sa.text("""
    SELECT id, name, state::text AS state, reason, sentence, raw_name, file, sha256,
           facts ->> 'watermark_rights' AS watermark_rights, facts -> 'delivered' AS delivered
    FROM images WHERE batch_id = :batch AND name > :after ORDER BY name LIMIT :page
""")

_MANIFEST_STEPS = sa.text("""
    SELECT image_id, jsonb_build_object(
        'step', transform, 'model', model, 'revision', revision, 'seed', seed, 'verdict', verdict, 'reasons', reasons,
        'readings', readings, 'seconds', seconds, 'cost', cost, 'device', device, 'made_with', made_with)::text AS line
    FROM steps WHERE image_id = ANY(:images) ORDER BY image_id, id
""")


def due_manifests(connection: sa.Connection) -> list[int]:
    """Done batches whose manifest is older than what happened."""
    return list(connection.scalars(sa.select(batches.c.id).where(batches.c.manifest_due)))
