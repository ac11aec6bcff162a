"""Photos that were searched before a template was confirmed: which of them still bear what it lays over them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np

from imaging import intermediate
from line.errors import InputError
from line.settings import settings
from models.contract import Region
from overlay.templates.template_matching import sightings
from overlay.templates.text_template import SAME_LOOK, UNSEEN_LOOK, Stamp
from records import templates
from records.database import transact
from records.queries.text_search_results import Searched, searched
from records.storage.bucket import Bucket, MissingObjectError, bucket
from records.templates import FINDS
from tasks.registry import registry

TOGETHER = 4
"""Pictures that are looked at at a time."""


@dataclass(frozen=True, slots=True)
class Look:
    """One image that was looked at.

    Attributes:
        bears: whether the template lies on its picture as it stands.
        trouble: why that cannot be told; empty where it can.
    """

    image: int
    bears: bool
    trouble: str = ""


def looked_at(template_id: int) -> tuple[int, Iterator[Look]]:
    """How many images of the template's vendor were searched for text, and what a look at each says.

    Raises:
        InputError: there is no such template, or nobody confirmed it.
    """
    vendor, template = transact(partial(templates.get, template_id=template_id))
    if not template.is_confirmed:
        raise InputError(
            f"template {template_id} is {template.state}; `sluice templates confirm {template_id}` first"
        )
    stamp = Stamp.from_record(template)
    transforms = {
        FINDS,
        *(transform.name for transform in registry().transforms.values() if transform.removes),
    }
    images = transact(partial(searched, vendor=vendor, transforms=transforms))
    return len(images), _looks(stamp, images)


def _looks(stamp: Stamp, images: list[Searched]) -> Iterator[Look]:
    with ThreadPoolExecutor(TOGETHER) as pool:
        yield from pool.map(partial(_look, bucket(settings().bucket), stamp), images)


def _look(store: Bucket, stamp: Stamp, image: Searched) -> Look:
    try:
        rgb = intermediate.decode_rgb(store.get(image.picture))
    except (MissingObjectError, intermediate.IntermediateError) as error:
        return Look(image.image, False, str(error))
    regions = [
        Region(np.asarray(region.quad, np.float32), region.score) for region in image.regions if region.quad
    ]
    # without a whole mark, by its letters: as find_text does where there is a text, and where there is none
    there = [region.box for region in image.regions if region.box and stamp.is_at(region.box)]
    by_letters = any(stamp.is_on(rgb, SAME_LOOK, box) for box in there) or stamp.is_on(rgb, UNSEEN_LOOK)
    return Look(image.image, by_letters or bool(sightings(rgb, [stamp], regions)))
