"""The search for a confirmed template on a vendor's photos; those that still have it are requeued."""

import logging
import time
from functools import partial

import sqlalchemy as sa

from line.errors import InputError, SluiceError
from records import decisions, images
from records.queries import rescans
from records.queries.rescans import RescanCounts
from tasks.context import Context
from tasks.templates.rescan import Look, looked_at

log = logging.getLogger(__name__)

REPORT_SECONDS = 1.0
"""Pause between two reports of the progress (s)."""


def rescan(context: Context, template_id: int) -> None:
    """Do the search that a person requested, unless another worker is at it or did it.

    A message that is delivered twice does no harm: what was requeued no longer has the template.
    """
    transact = context.database.transact
    person = transact(partial(rescans.begin, template_id=template_id))
    if person is None:
        return
    counts, error = RescanCounts(), ""
    try:
        _search(context, template_id, person, counts)
    except SluiceError as stopped:
        error = str(stopped)
    except Exception:  # a search that fails must not end the worker
        error = "the search ended with an error; see the worker's log"
        log.exception("searching for template %d failed", template_id)
    transact(partial(rescans.end, template_id=template_id, counts=counts, error=error))


def _search(context: Context, template_id: int, person: str, counts: RescanCounts) -> None:
    counts.total, looks = looked_at(context, template_id)
    reported_at = time.monotonic()
    for look in looks:
        counts.scanned += 1
        _act(context, look, person, counts)
        if time.monotonic() - reported_at >= REPORT_SECONDS:
            reported_at = time.monotonic()
            context.database.transact(partial(rescans.report, template_id=template_id, counts=counts))
    counts.total = counts.scanned


def _act(context: Context, look: Look, person: str, counts: RescanCounts) -> None:
    extra = {"image": look.image}
    if look.trouble:
        counts.skipped += 1
        log.warning("image %d cannot be searched: %s", look.image, look.trouble, extra=extra)
    elif look.bears:
        try:
            _requeue(context, look.image, person)
            counts.requeued += 1
        except InputError as error:
            counts.skipped += 1
            log.warning("image %d cannot be requeued: %s", look.image, error, extra=extra)


def _requeue(context: Context, image_id: int, person: str) -> None:
    """As ``sluice requeue IMAGE``; a scheduler deletes the delivered file."""

    def act(connection: sa.Connection) -> None:
        recipe = images.get(connection, image_id).recipe
        removing = context.transforms.removing(recipe)
        decisions.requeue(
            connection,
            image_id,
            mask_step=removing[0] if removing else None,
            search_step=recipe.position("find_text"),
        )

    context.database.transact(act, actor=person)
