"""Learning vendor templates: text that recurs at one place of a vendor's photos is shown to a person once."""

import logging
from collections.abc import Sequence
from functools import partial
from typing import cast

import numpy as np
import sqlalchemy as sa

from line.facts import Box
from models.contract import OverlaySegmenter, Task
from overlay.templates.recurring import MIN_OVERLAP, MIN_PHOTOS, MIN_SHARE, Placed, overlap, recurring
from records import recipes, templates
from records.batches import Batch
from records.queries import text_locations
from records.queries.text_locations import Example
from records.templates import FINDS, Proposal
from tasks.context import Context
from tasks.templates.previews import with_examples

log = logging.getLogger(__name__)

LIKELY = 0.5
"""Mean probability of being an overlay from which a recurring text is worth a person's look."""
SAMPLE = 400
"""Texts of one window that are compared with each other: enough to see what recurs, and flat in memory."""
LOOKED_AT = 12
"""Photos from which a template's look is taken, and what is laid over them is learnt."""


def learn(context: Context, batch_id: int) -> list[int]:
    """Propose what recurs on the photos of a batch or of its vendor's newest batches; returns the new templates.

    Any number of processes may: a vendor has one template at a place, and what is proposed again only
    renews its counts.

    Raises:
        InputError: there is no such batch.
        ModelError: the recipe's network is not ready.
        ServiceError: Postgres or the bucket stayed away.
    """
    transact = context.database.transact
    batch, begun_at = transact(partial(templates.begin_survey, batch_id=batch_id))
    recurring_texts = transact(partial(_recurring, batch=batch))
    segmenter, limit = _segmenter(context, batch)
    previews = (with_examples(context.bucket, *each, segmenter, limit) for each in recurring_texts)
    proposals = whole([proposal for proposal in previews if proposal is not None])

    def record(connection: sa.Connection) -> list[int]:
        templates.lock(connection, batch.vendor)
        ids = [templates.propose(connection, batch.vendor, proposal) for proposal in proposals]
        templates.surveyed(connection, batch.id, begun_at)
        return [template for template in ids if template is not None]

    proposed = transact(record)
    if proposed:
        log.info(
            "batch %d: proposed vendor templates %s of %s",
            batch.id,
            proposed,
            batch.vendor,
            extra={"batch": batch.id},
        )
    return proposed


def _segmenter(context: Context, batch: Batch) -> tuple[OverlaySegmenter, int]:
    """The network of the batch's recipe, and the long side at which it looks at a photo (pixels)."""
    recipe = context.database.transact(partial(recipes.load, digest=batch.recipe))
    position = recipe.position(FINDS)
    step = None if position is None else recipe.steps[position]
    transform = context.transforms.get(FINDS)
    name = (step and step.model) or str(transform.default_model)
    params = transform.schema(**(step.params if step else {})).model_dump()
    return cast(OverlaySegmenter, context.models.get(name, Task.FIND_TEXT)), int(params["limit"])


def whole(proposals: Sequence[Proposal]) -> list[Proposal]:
    """``proposals`` without those that are a part of what another lays over the photos: a second line, a sign."""
    largest: list[Proposal] = []
    for one in sorted(proposals, key=_area, reverse=True):
        if not any(other.mark and templates.is_within(one.box, other.mark["extent"]) for other in largest):
            largest.append(one)
    return [one for one in proposals if one in largest]


def _area(proposal: Proposal) -> float:
    left, top, right, bottom = proposal.mark["extent"] if proposal.mark else proposal.box
    return float((right - left) * (bottom - top))


def _recurring(connection: sa.Connection, batch: Batch) -> list[tuple[Proposal, list[Example]]]:
    """What recurs in the batch alone or in all of the vendor's newest, and is not known yet.

    Of known places the counts are renewed.
    """
    everything = sorted({*templates.newest(connection, batch.vendor), batch.id})
    text_locations.gather(connection, everything)
    new_places: list[tuple[Proposal, list[Example]]] = []
    for batch_ids in ([batch.id], everything) if len(everything) > 1 else ([batch.id],):
        photos = text_locations.photos(connection, batch_ids)
        for box in _boxes(connection, batch_ids, photos):
            images, overlay = text_locations.count_at(connection, batch_ids, box, MIN_OVERLAP)
            template = templates.at(connection, batch.vendor, box)
            if template is not None:
                templates.count(connection, template, images, photos)
            elif templates.is_part(connection, batch.vendor, box):
                continue
            elif overlay >= LIKELY and not _is_among(box, [proposal.box for proposal, _ in new_places]):
                shown = text_locations.examples(
                    connection, batch_ids, box, MIN_OVERLAP, transform=FINDS, limit=LOOKED_AT
                )
                new_places.append((Proposal(box, images, photos, overlay, None, None, ()), shown))
    return new_places


def _boxes(connection: sa.Connection, batch_ids: Sequence[int], photos: int) -> list[Box]:
    """Places with text on enough of some batches' photos: found on samples, counted on all."""
    least = max(MIN_PHOTOS, int(np.ceil(MIN_SHARE * photos)))
    boxes: list[Box] = []
    for window in text_locations.windows(connection, batch_ids, least):
        chosen, total = text_locations.sample(connection, batch_ids, window, SAMPLE)
        texts = [Placed(image, box) for image, box in chosen]
        share = len(texts) / total
        for one in recurring(texts, least=max(MIN_PHOTOS, int(least * share / 2))):
            images, _ = text_locations.count_at(connection, batch_ids, one.box, MIN_OVERLAP)
            if images >= least and not _is_among(one.box, boxes):
                boxes.append(one.box)
    return boxes


def _is_among(box: Box, boxes: Sequence[Box]) -> bool:
    return bool(boxes) and bool((overlap(np.array([box, *boxes]))[0, 1:] >= templates.SAME).any())
