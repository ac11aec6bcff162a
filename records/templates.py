"""Vendor templates: places where text recurs on a vendor's photos, and what people decided about them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from line.errors import InputError
from line.facts import Box
from line.states import BatchState, ShardState, TemplateState
from line.vendor import VendorContext, VendorTemplate
from records.batches import Batch
from records.batches import lock as lock_batch
from records.queries.text_locations import is_alike
from records.tables import batches, images, shards, templates

FINDS = "find_text"
"""The transform whose findings are compared."""
SAME = 0.3
"""Intersection over union from which two places are one, so that none is proposed twice."""
PART = 0.6
"""Share of a place from which it is part of another: detectors frame letters loosely."""
MAX_IMAGES_TOGETHER = 200_000
"""Images of a vendor's newest batches that are looked through together."""

_BOX = (templates.c.left, templates.c.top, templates.c.right, templates.c.bottom)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A place where text recurs; the fields are those of the table."""

    box: Box
    images: int
    photos: int
    overlay: float
    ink: tuple[int, int, int] | None
    look: str | None
    examples: tuple[dict[str, Any], ...]
    mark: Mapping[str, Any] | None = None


def due(connection: sa.Connection) -> list[Batch]:
    """Batches whose texts were not compared since they were found or found again."""
    unseen = sa.or_(batches.c.surveyed_at.is_(None), batches.c.surveyed_at < batches.c.searched_at)
    query = (
        sa.select(batches)
        .where(unseen, batches.c.state.in_((BatchState.RUNNING, BatchState.DONE)))
        .order_by(batches.c.id)
    )
    return [Batch.from_row(row) for row in connection.execute(query)]


def is_searched(connection: sa.Connection, batch_id: int, recipe: str, position: int) -> bool:
    """Whether no image of a batch that follows ``recipe`` has the step at ``position`` still before it."""
    waits = sa.exists().where(
        images.c.batch_id == batch_id,
        images.c.state == sa.literal_column("'waiting'"),  # written out, for the partial index
        images.c.recipe == recipe,
        images.c.step <= position,
    )
    travels = sa.exists().where(
        shards.c.batch_id == batch_id,
        shards.c.state == ShardState.OPEN,
        shards.c.route[shards.c.at + 1] <= position,
    )
    return not connection.scalar(sa.select(sa.or_(waits, travels)))


def begin_survey(connection: sa.Connection, batch_id: int) -> tuple[Batch, datetime]:
    """A batch and the time at which its texts begin to be looked through; steps that end later make it due again."""
    batch = lock_batch(connection, batch_id)
    return batch, connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()


def surveyed(connection: sa.Connection, batch_id: int, at: datetime | None = None) -> None:
    """Take note that a batch's texts were looked through, as they were at a time: now where it is None."""
    values = {"surveyed_at": at or sa.func.clock_timestamp()}
    connection.execute(sa.update(batches).where(batches.c.id == batch_id).values(values))


def newest(connection: sa.Connection, vendor: str) -> list[int]:
    """A vendor's newest batches, together of at most ``MAX_IMAGES_TOGETHER`` images, and the newest in any case."""
    before = sa.func.sum(batches.c.images).over(order_by=batches.c.id.desc()) - batches.c.images
    counted = sa.select(batches.c.id, before.label("before")).where(batches.c.vendor == vendor).subquery()
    return list(connection.scalars(sa.select(counted.c.id).where(counted.c.before < MAX_IMAGES_TOGETHER)))


def lock(connection: sa.Connection, vendor: str) -> None:
    """Until the transaction ends nobody else proposes for this vendor."""
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(f"templates of {vendor}"))))


def at(connection: sa.Connection, vendor: str, box: Box) -> int | None:
    """The vendor's template at a place, whatever was decided about it."""
    query = sa.select(templates.c.id).where(templates.c.vendor == vendor, is_alike(_BOX, box, SAME))
    return connection.scalar(query.order_by(templates.c.id).limit(1))


def is_part(connection: sa.Connection, vendor: str, box: Box) -> bool:
    """Whether a place is a part of what one of the vendor's templates lays over its photos: its other line."""
    query = sa.select(templates.c.mark["extent"]).where(
        templates.c.vendor == vendor, templates.c.mark["extent"].is_not(None)
    )
    return any(is_within(box, extent) for extent in connection.scalars(query))


def is_within(box: Sequence[float], extent: Sequence[float]) -> bool:
    """Whether most of a place lies in another; both are left, top, right, bottom."""
    wide, high = (max(0.0, min(box[i + 2], extent[i + 2]) - max(box[i], extent[i])) for i in (0, 1))
    return wide * high >= PART * (box[2] - box[0]) * (box[3] - box[1])


def count(connection: sa.Connection, template_id: int, on: int, photos: int) -> None:
    """Take note of how many photos it is on by now, of how many; what was dismissed stays as it was."""
    connection.execute(
        sa.update(templates)
        .where(templates.c.id == template_id, templates.c.state != TemplateState.DISMISSED)
        .values(images=on, photos=photos)
    )


def propose(connection: sa.Connection, vendor: str, proposal: Proposal) -> int | None:
    """Record a template, or answer None where the vendor has one at that place; :func:`lock` first."""
    if at(connection, vendor, proposal.box) is not None:
        return None
    left, top, right, bottom = proposal.box
    values = {
        "vendor": vendor,
        "left": left,
        "top": top,
        "right": right,
        "bottom": bottom,
        "images": proposal.images,
        "photos": proposal.photos,
        "overlay": proposal.overlay,
        "ink": list(proposal.ink) if proposal.ink else None,
        "look": proposal.look,
        "mark": proposal.mark,
        "examples": list(proposal.examples),
    }
    template_id = connection.scalar(sa.insert(templates).values(values).returning(templates.c.id))
    return None if template_id is None else int(template_id)


def vendor_of(connection: sa.Connection, batch_id: int) -> VendorContext:
    """The vendor of a batch: the rights that its statement gives, and its templates except dismissed ones."""
    batch = connection.execute(
        sa.select(batches.c.vendor, batches.c.watermark_rights).where(batches.c.id == batch_id)
    ).one()
    query = (
        sa.select(templates)
        .where(templates.c.vendor == batch.vendor, templates.c.state != TemplateState.DISMISSED)
        .order_by(templates.c.id)
    )
    return VendorContext(batch.watermark_rights, tuple(_template(row) for row in connection.execute(query)))


def get(connection: sa.Connection, template_id: int) -> tuple[str, VendorTemplate]:
    """The vendor of a template, and the template.

    Raises:
        InputError: there is none of that id.
    """
    row = connection.execute(sa.select(templates).where(templates.c.id == template_id)).one_or_none()
    if row is None:
        raise InputError(f"there is no template {template_id}; `sluice templates` lists them")
    return str(row.vendor), _template(row)


def _template(row: sa.Row[Any]) -> VendorTemplate:
    return VendorTemplate(
        id=row.id,
        state=TemplateState(row.state),
        box=_box(row),
        images=row.images,
        ink=None if row.ink is None else tuple(row.ink),
        look=row.look,
        mark=row.mark,
    )


def decide(
    connection: sa.Connection, template_id: int, state: TemplateState, actor: str, *, overrule: bool = False
) -> None:
    """A person confirms or dismisses a template. Of two people one wins.

    Args:
        overrule: also where somebody decided otherwise before.

    Raises:
        InputError: there is no such template, or it was decided already; says by whom.
    """
    row = connection.execute(
        sa.select(templates).where(templates.c.id == template_id).with_for_update()
    ).one_or_none()
    if row is None:
        raise InputError(f"there is no template {template_id}; `sluice templates` lists them")
    if row.state == state or (row.state != TemplateState.PROPOSED and not overrule):
        last = row.decisions[-1]
        advice = "" if row.state == state else "; --overrule decides again"
        raise InputError(
            f"template {template_id} was {row.state} already by {last['by']} at {last['at']}{advice}"
        )
    decision = sa.func.jsonb_build_array(
        sa.func.jsonb_build_object("state", state.value, "by", actor, "at", sa.func.now())
    )
    connection.execute(
        sa.update(templates)
        .where(templates.c.id == template_id)
        .values(state=state, decisions=templates.c.decisions.op("||")(decision))
    )


def listed(
    connection: sa.Connection, vendor: str | None = None, ids: Sequence[int] | None = None
) -> list[dict[str, Any]]:
    """Templates as people and programs read them, by vendor and id."""
    shown_columns = (
        column for column in templates.c if column.name not in ("look", "mark")
    )  # pictures, of up to 140 kB
    query = sa.select(*shown_columns).order_by(templates.c.vendor, templates.c.id)
    if vendor is not None:
        query = query.where(templates.c.vendor == vendor)
    if ids is not None:
        query = query.where(templates.c.id.in_(ids))
    return [
        {
            "template": row.id,
            "vendor": row.vendor,
            "state": str(row.state),
            "box": list(_box(row)),
            "images": row.images,
            "photos": row.photos,
            "overlay": row.overlay,
            "examples": row.examples,
            "decisions": row.decisions,
        }
        for row in connection.execute(query)
    ]


def _box(row: sa.Row[Any]) -> Box:
    return row.left, row.top, row.right, row.bottom
