"""Proposing vendor templates: text that recurs at one place of a vendor's photos is shown to a person once."""

import logging
from collections.abc import Sequence
from functools import partial

import numpy as np
import sqlalchemy as sa

from line.facts import Box
from line.settings import settings
from overlay.templates.recurring import ALIKE, LEAST, LEAST_SHARE, Placed, overlap, recurring
from records import recipes, templates
from records.batches import Batch
from records.database import transact
from records.queries import text_locations
from records.queries.text_locations import Example
from records.storage.bucket import bucket
from records.templates import Proposal
from scheduler.template_previews import with_examples

log = logging.getLogger(__name__)

FINDS = "find_text"
"""The transform whose findings are looked through."""
LIKELY = 0.5
"""Mean probability of being an overlay from which a recurring text is worth a person's look."""
SAMPLE = 400
"""Texts of one window that are compared with each other: enough to see what recurs, and flat in memory."""
LOOKED_AT = 12
"""Photos from which a template's look is taken, and what is laid over them is learnt."""


def propose() -> None:
    """Look through every batch in which all text is found by now.

    Any number of schedulers may: a vendor has one template at a place, and what is proposed again only
    counts anew.
    """
    for batch in transact(templates.due):
        if transact(partial(_is_found, batch=batch)):
            _survey(batch)


def _is_found(connection: sa.Connection, batch: Batch) -> bool:
    """Whether no image of the batch is still to be searched for text."""
    position = recipes.load(connection, batch.recipe).position(FINDS)
    if position is None:
        templates.surveyed(connection, batch.id)
        return False
    return templates.is_searched(connection, batch.id, batch.recipe, position)


def _survey(batch: Batch) -> None:
    found = transact(partial(_recurring, batch=batch))
    store = bucket(settings().bucket)
    proposals = whole([one for one in (with_examples(store, *each) for each in found) if one is not None])

    def record(connection: sa.Connection) -> list[int]:
        templates.lock(connection, batch.vendor)
        made = [templates.propose(connection, batch.vendor, proposal) for proposal in proposals]
        templates.surveyed(connection, batch.id)
        return [template for template in made if template is not None]

    if made := transact(record):
        log.info(
            "batch %d: proposed vendor templates %s of %s",
            batch.id,
            made,
            batch.vendor,
            extra={"batch": batch.id},
        )


def whole(proposals: Sequence[Proposal]) -> list[Proposal]:
    """``proposals`` without those that are a part of what another lays over the photos: a second line, a sign."""
    kept: list[Proposal] = []
    for one in sorted(proposals, key=_area, reverse=True):
        if not any(other.mark and templates.is_within(one.box, other.mark["extent"]) for other in kept):
            kept.append(one)
    return [one for one in proposals if one in kept]


def _area(proposal: Proposal) -> float:
    left, top, right, bottom = proposal.mark["extent"] if proposal.mark else proposal.box
    return float((right - left) * (bottom - top))


def _recurring(connection: sa.Connection, batch: Batch) -> list[tuple[Proposal, list[Example]]]:
    """What recurs in the batch alone or in all of the vendor's newest, and is not known yet.

    Of known places the counts are renewed.
    """
    everything = sorted({*templates.newest(connection, batch.vendor), batch.id})
    text_locations.gather(connection, everything)
    found: list[tuple[Proposal, list[Example]]] = []
    for batch_ids in ([batch.id], everything) if len(everything) > 1 else ([batch.id],):
        photos = text_locations.photos(connection, batch_ids)
        for box in _boxes(connection, batch_ids, photos):
            images, overlay = text_locations.count_at(connection, batch_ids, box, ALIKE)
            known = templates.at(connection, batch.vendor, box)
            if known is not None:
                templates.count(connection, known, images, photos)
            elif templates.is_part(connection, batch.vendor, box):
                continue
            elif overlay >= LIKELY and not _is_among(box, [proposal.box for proposal, _ in found]):
                shown = text_locations.examples(
                    connection, batch_ids, box, ALIKE, transform=FINDS, limit=LOOKED_AT
                )
                found.append((Proposal(box, images, photos, overlay, None, None, ()), shown))
    return found


def _boxes(connection: sa.Connection, batch_ids: Sequence[int], photos: int) -> list[Box]:
    """Places with text on enough of some batches' photos: found on samples, counted on all."""
    least = max(LEAST, int(np.ceil(LEAST_SHARE * photos)))
    boxes: list[Box] = []
    for window in text_locations.windows(connection, batch_ids, least):
        chosen, total = text_locations.sample(connection, batch_ids, window, SAMPLE)
        texts = [Placed(image, box) for image, box in chosen]
        share = len(texts) / total
        for one in recurring(texts, least=max(LEAST, int(least * share / 2))):
            images, _ = text_locations.count_at(connection, batch_ids, one.box, ALIKE)
            if images >= least and not _is_among(one.box, boxes):
                boxes.append(one.box)
    return boxes


def _is_among(box: Box, boxes: Sequence[Box]) -> bool:
    return bool(boxes) and bool((overlap(np.array([box, *boxes]))[0, 1:] >= templates.SAME).any())
