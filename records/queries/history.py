"""What was recorded of a step, with all that is needed to run it again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from line.errors import InputError
from line.facts import Facts, VendorNote
from line.image import Image
from line.recipe import Recipe
from line.vendor import UNKNOWN_VENDOR, VendorContext
from records import recipes, templates
from records.tables import batches, images, steps
from records.tables import templates as template_table


@dataclass(frozen=True, slots=True)
class Past:
    """One step of one image, as it was recorded.

    Attributes:
        image: as it was then: ``picture_key``, ``mask_key`` and ``facts`` are what went in.
        recipe: with which it ran.
        vendor: the vendor as the step saw it, as far as its templates still exist.
        vendor_changes: what was decided about the vendor's templates since; empty where nothing was.
        output, output_mask: keys in the bucket.
        out: URL of the folder below which the delivered file lies.
        reasons: codes of the limits that were broken.
        made_with: empty where it was recorded by a line that did not say so yet.
    """

    image: Image
    recipe: Recipe
    position: int
    transform: str
    model: str | None
    revision: str | None
    seed: int
    device: str
    made_with: Mapping[str, Any]
    vendor: VendorContext
    vendor_changes: str
    output: str | None
    output_mask: str | None
    out: str
    verdict: str
    reasons: tuple[str, ...]
    at: datetime


def last(connection: sa.Connection, image_id: int, transform: str | None = None) -> Past:
    """The last step of an image, or the last one of that transform.

    Raises:
        InputError: no such image or step is recorded; names those that are.
    """
    rows = _steps_of(connection, image_id)
    if not rows:
        raise InputError(f"no step of image {image_id} is recorded; `sluice images BATCH` lists the images")
    chosen: list[Any] = [row for row in rows if transform in (None, row.transform)]
    if not chosen:
        there = ", ".join(dict.fromkeys(row.transform for row in rows))
        raise InputError(f"image {image_id} did not pass {transform}; it passed: {there}")
    return _past(connection, chosen[-1])


def of_step(connection: sa.Connection, image_id: int, step_id: int) -> Past:
    """One recorded step of an image, by its id.

    Raises:
        InputError: the image has no such step.
    """
    row = next((row for row in _steps_of(connection, image_id) if row.step_id == step_id), None)
    if row is None:
        raise InputError(f"image {image_id} has no recorded step {step_id}")
    return _past(connection, row)


def newest(connection: sa.Connection, image_id: int) -> list[Past]:
    """The newest record of each step of an image, by position."""
    by_position = {row.position: row for row in _steps_of(connection, image_id)}
    return [_past(connection, by_position[position]) for position in sorted(by_position)]


def _steps_of(connection: sa.Connection, image_id: int) -> list[sa.Row[Any]]:
    """Every recorded step of an image, oldest first, with the columns that :func:`_past` reads."""
    query = (
        sa.select(
            images.c.id, images.c.name, images.c.source, images.c.tag, images.c.bytes, images.c.sha256,
            images.c.file, batches.c.out, batches.c.vendor,
            steps.c.input.label("current"), steps.c.input_mask.label("mask"), steps.c.facts,
            steps.c.id.label("step_id"), steps.c.batch_id, steps.c.position, steps.c.transform, steps.c.recipe,
            steps.c.model, steps.c.revision, steps.c.seed, steps.c.device, steps.c.made_with, steps.c.output,
            steps.c.output_mask, steps.c.verdict, steps.c.reasons, steps.c.at,
        )
        .join(images, images.c.id == steps.c.image_id)
        .join(batches, batches.c.id == images.c.batch_id)
        .where(steps.c.image_id == image_id)
        .order_by(steps.c.id)
    )  # fmt: skip
    return list(connection.execute(query))


def _past(connection: sa.Connection, row: sa.Row[Any]) -> Past:
    facts = Facts.from_json(row.facts)
    vendor, changes = _vendor(connection, row, facts.vendor)
    return Past(
        image=Image(
            id=row.id,
            name=row.name,
            source=row.source,
            tag=row.tag,
            sha256=row.sha256,
            picture_key=row.current,
            mask_key=row.mask,
            file=row.file,
            facts=facts.without("vendor"),
        ),
        recipe=recipes.load(connection, row.recipe),
        position=row.position,
        transform=row.transform,
        model=row.model,
        revision=row.revision,
        seed=row.seed,
        device=row.device,
        made_with=row.made_with,
        vendor=vendor,
        vendor_changes=changes,
        output=row.output,
        output_mask=row.output_mask,
        out=row.out,
        verdict=row.verdict,
        reasons=tuple(reason["code"] for reason in row.reasons),
        at=row.at,
    )


def _vendor(
    connection: sa.Connection, row: sa.Row[Any], note: VendorNote | None
) -> tuple[VendorContext, str]:
    """The vendor with its templates in full: the record keeps only their ids."""
    if note is None:
        return UNKNOWN_VENDOR, ""
    by_id = {template.id: template for template in templates.vendor_of(connection, row.batch_id).templates}
    then = tuple(by_id[number] for number in note.templates if number in by_id)
    query = sa.select(template_table.c.id, template_table.c.decisions).where(
        template_table.c.id.in_(note.templates)
    )
    since = [
        str(template.id)
        for template in connection.execute(query)
        if any(datetime.fromisoformat(decision["at"]) > row.at for decision in template.decisions)
    ]
    changes = f"templates decided about since: {', '.join(since)}" if since else ""
    return VendorContext(note.watermark_rights, then), changes
