"""Photos that were searched before a template was confirmed: which of them still bear what it lays over them."""

from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from imaging import intermediate
from line.errors import InputError
from line.vendor import VendorTemplate
from overlay.templates import on_photo
from records import templates
from records.database import Database
from records.queries import text_search_results
from records.queries.text_search_results import Searched
from records.storage.bucket import Bucket, MissingObjectError
from records.templates import FINDS
from tasks.context import Context

TOGETHER = 4
"""Pictures that are looked at at a time."""
PAGE_IMAGES = 200
"""Images that are read from the records at a time."""


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


def looked_at(context: Context, template_id: int) -> tuple[int, Iterator[Look]]:
    """How many images of the template's vendor may bear it at most, and what a look at each says.

    Those that no step searched for text, and those for which a person drew the mask, are not looked at.

    Raises:
        InputError: there is no such template, or nobody confirmed it.
    """
    transact = context.database.transact
    vendor, template = transact(partial(templates.get, template_id=template_id))
    if not template.is_confirmed:
        raise InputError(
            f"template {template_id} is {template.state}; `sluice templates confirm {template_id}` first"
        )
    transforms = {
        FINDS,
        *(transform.name for transform in context.transforms.transforms.values() if transform.removes),
    }
    at_most = transact(partial(text_search_results.count, vendor=vendor))
    return at_most, _looks(context.bucket, template, searched(context.database, vendor, transforms))


def searched(database: Database, vendor: str, transforms: Collection[str]) -> Iterator[list[Searched]]:
    """The images of a vendor that went through one of ``transforms``, page by page, each in its own transaction."""
    transact = database.transact
    for batch_id in transact(partial(text_search_results.batches_of, vendor=vendor)):
        for state in text_search_results.STATES:
            after: int | None = 0
            while after is not None:
                images, after = transact(
                    partial(
                        text_search_results.page,
                        batch_id=batch_id,
                        state=state,
                        transforms=transforms,
                        after=after,
                        limit=PAGE_IMAGES,
                    )
                )
                yield images


def _looks(store: Bucket, template: VendorTemplate, pages: Iterator[list[Searched]]) -> Iterator[Look]:
    with ThreadPoolExecutor(TOGETHER) as pool:
        for images in pages:
            yield from pool.map(partial(_look, store, template), images)


def _look(store: Bucket, template: VendorTemplate, image: Searched) -> Look:
    try:
        rgb = intermediate.decode_rgb(store.get(image.picture))
    except (MissingObjectError, intermediate.IntermediateError) as error:
        return Look(image.image, False, str(error))
    boxes = [region.box for region in image.regions if region.box]
    return Look(image.image, on_photo.find(template, rgb, boxes) is not None)
