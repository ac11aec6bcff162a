"""The flagged images that wait for a person: counts by batch and reason, and each image with its step's record."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from line.facts import Facts, RecordedRegion
from line.states import ImageState
from records.history.decision_log import SHOWN
from records.step_results import ORDERED_RESULT
from records.tables import batches, decisions, image_counts, images, recipes, steps


@dataclass(frozen=True, slots=True)
class BatchQueue:
    """Counts of one batch's flagged images.

    Attributes:
        state: the batch's state.
        images: all images of the batch.
        reasons: flagged images by reason code, the most frequent first.
    """

    batch: int
    vendor: str
    upload: str
    state: str
    images: int
    reasons: Mapping[str, int]

    @property
    def flagged(self) -> int:
        return sum(self.reasons.values())


@dataclass(frozen=True, slots=True)
class FlaggedImage:
    """One image that waits for a person.

    Attributes:
        step: the transform that flagged it; empty if it never reached one.
        judged: id of that step's latest record; 0 if there is no record.
        recipe: the stored recipe that it follows.
        current: key of the step's input picture; None if the file was never decoded.
        proposal: key of the step's output picture; None if there is no output.
        admitted: key of the picture as it was admitted; None if the file was never decoded.
        mask: key of the proposed mask, else of the mask in use, else of the edited area; None if there is none.
        size: width and height (pixels) of the picture in which ``regions`` lie; None if it is unknown.
        regions: texts found on it, as ``facts.regions`` keeps them.
        reasons: limits that were broken: ``code``, ``where`` (x, y, width, height) or None, ``sentence``.
    """

    id: int
    batch: int
    vendor: str
    name: str
    reason: str
    sentence: str
    step: str
    judged: int
    recipe: Mapping[str, Any]
    current: str | None
    proposal: str | None
    admitted: str | None
    mask: str | None
    size: tuple[int, int] | None
    regions: Sequence[RecordedRegion]
    reasons: Sequence[Mapping[str, Any]]
    readings: Mapping[str, float]

    @property
    def version(self) -> str:
        """Digest of everything that a person decides on; it changes when that changes, as after a rollback."""
        shown = (self.judged, self.reason, self.current, self.proposal, self.mask)
        return hashlib.sha256(repr(shown).encode()).hexdigest()[:16]

    @property
    def is_edited(self) -> bool:
        """Whether the picture was changed, so that there is a before and an after."""
        return self.proposal is not None and self.proposal != self.before

    @property
    def is_ordered_result(self) -> bool:
        """Whether this is the result of an edit that a person ordered."""
        return self.reason == ORDERED_RESULT

    @property
    def before(self) -> str | None:
        """Key of the picture to compare with: before the step, or before all steps for the result of all of them."""
        is_whole = self.is_ordered_result and self.proposal == self.current
        return self.admitted if is_whole and self.admitted else self.current


def batch_queues(connection: sa.Connection, batch_id: int | None = None) -> list[BatchQueue]:
    """The queue of every batch with flagged images, or only of ``batch_id``; the newest batch first."""
    query = (
        sa.select(batches, image_counts.c.reason, image_counts.c.images.label("count_"))
        .join(image_counts, image_counts.c.batch_id == batches.c.id)
        .where(image_counts.c.state == ImageState.FLAGGED, image_counts.c.images > 0)
        .order_by(batches.c.id.desc(), image_counts.c.images.desc(), image_counts.c.reason)
    )
    if batch_id is not None:
        query = query.where(batches.c.id == batch_id)
    queues: dict[int, BatchQueue] = {}
    for row in connection.execute(query):
        queue = queues.get(row.id)
        reasons: dict[str, int] = {**(queue.reasons if queue else {}), row.reason: int(row.count_)}
        queues[row.id] = BatchQueue(row.id, row.vendor, row.upload, str(row.state), row.images, reasons)
    return list(queues.values())


def page(
    connection: sa.Connection, batch_id: int, *, reason: str | None = None, after: int = 0, limit: int = 20
) -> list[FlaggedImage]:
    """At most ``limit`` flagged images of a batch with ids above ``after``, ordered by id."""
    query = _query().where(images.c.batch_id == batch_id, images.c.id > after)
    if reason is not None:
        query = query.where(images.c.reason == reason)
    return [_flagged(row) for row in connection.execute(query.order_by(images.c.id).limit(limit))]


def some(connection: sa.Connection, image_ids: Sequence[int]) -> dict[int, FlaggedImage]:
    """Those of the images that are flagged, by id."""
    rows = connection.execute(_query().where(images.c.id.in_(image_ids)))
    return {row.id: _flagged(row) for row in rows}


def one(connection: sa.Connection, image_id: int) -> FlaggedImage | None:
    """The image if it is flagged, else None."""
    row = connection.execute(_query().where(images.c.id == image_id)).one_or_none()
    return _flagged(row) if row else None


def ordered(connection: sa.Connection, batch_id: int, actor: str) -> list[int]:
    """Ids of a batch's images that the line works on because one person ordered it, among the last 50 decisions."""
    recent = (
        sa.select(decisions.c.image_id)
        .where(decisions.c.actor == actor, decisions.c.undo_by.is_(None))
        .order_by(decisions.c.id.desc())
        .limit(SHOWN)
        .subquery()
    )
    query = (
        sa.select(images.c.id)
        .where(images.c.id.in_(sa.select(recent.c.image_id)), images.c.batch_id == batch_id)
        .where(images.c.state.in_((ImageState.WAITING, ImageState.WORKING)))
        .where(images.c.facts.has_key("look_step"), ~images.c.accepted)
    )
    return sorted(connection.scalars(query))


def tripping(connection: sa.Connection, batch_id: int, limit: int) -> list[FlaggedImage]:
    """Flagged images of a batch with faults that the breaker counted, the last first."""
    query = _query().where(images.c.batch_id == batch_id, images.c.artifact)
    return [_flagged(row) for row in connection.execute(query.order_by(images.c.id.desc()).limit(limit))]


def _query() -> sa.Select[Any]:
    last = (
        sa.select(steps.c.id, steps.c.transform, steps.c.reasons, steps.c.readings, steps.c.touched)
        .where(steps.c.image_id == images.c.id)
        .order_by(steps.c.id.desc())
        .limit(1)
        .lateral()
    )
    return (
        sa.select(
            images,
            batches.c.vendor,
            recipes.c.body.label("recipe_body"),
            last.c.id.label("judged_as"),
            last.c.transform,
            last.c.reasons.label("limits"),
            last.c.readings,
            last.c.touched,
        )
        .join(batches, batches.c.id == images.c.batch_id)
        .join(recipes, recipes.c.digest == images.c.recipe)
        .outerjoin(last, sa.true())
        .where(images.c.state == ImageState.FLAGGED)
    )


def _flagged(row: sa.Row[Any]) -> FlaggedImage:
    facts = Facts.from_json(row.facts)
    return FlaggedImage(
        id=row.id,
        batch=row.batch_id,
        vendor=row.vendor,
        name=row.name,
        reason=row.reason,
        sentence=row.sentence,
        step=row.transform or "",
        judged=row.judged_as or 0,
        recipe=row.recipe_body,
        current=row.current,
        proposal=row.proposal,
        admitted=facts.admitted,
        mask=row.proposal_mask or row.mask or row.touched,
        size=None if facts.width is None or facts.height is None else (facts.width, facts.height),
        regions=facts.regions or (),
        reasons=row.limits or [],
        readings=row.readings or {},
    )
