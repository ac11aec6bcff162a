"""Forgetting old batches: their records, and the objects between steps that only those records named."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Final

from line.errors import ServiceError
from records.database import Database
from records.storage import retention
from records.storage.bucket import Bucket, open_bucket
from records.storage.retention import OldBatch
from scheduler.manifest import NAME as MANIFEST

PAGE_IMAGES: Final = 500
"""Images whose records one transaction removes."""
PAGE_OBJECTS: Final = 500
MIN_OBJECT_AGE: Final = timedelta(days=1)
"""Minimum time since an object was last written, far above the longest time between a write and its commit."""


@dataclass(frozen=True, slots=True)
class KeptBatch:
    """A batch that is old enough and stays, with the reason."""

    batch: OldBatch
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be forgotten."""

    due: Sequence[OldBatch]
    staying: Sequence[KeptBatch]

    def by_recipe(self) -> dict[str, list[OldBatch]]:
        """The batches that are due, by the name of their recipe."""
        ordered = sorted(self.due, key=lambda batch: (batch.recipe, batch.id))
        return {recipe: list(group) for recipe, group in groupby(ordered, lambda batch: batch.recipe)}


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed; ``recent_objects`` were written lately and go the next time."""

    batches: int
    images: int
    objects: int
    recent_objects: int


class Retention:
    """Forgets batches of one line.

    Args:
        store: the line's bucket.
        min_object_age: younger objects stay.
    """

    def __init__(self, database: Database, store: Bucket, min_object_age: timedelta = MIN_OBJECT_AGE) -> None:
        self._database, self._store, self._min_object_age = database, store, min_object_age

    def plan(self, before: datetime, vendor: str | None = None) -> Plan:
        """The batches that ended before a time, and why some of them stay."""
        old = self._database.transact(partial(retention.old_batches, before=before, vendor=vendor))
        reasons = {batch.id: self._reason_to_keep(batch) for batch in old}
        return Plan(
            due=[batch for batch in old if not reasons[batch.id]],
            staying=[KeptBatch(batch, reasons[batch.id]) for batch in old if reasons[batch.id]],
        )

    def forget(
        self, batches: Sequence[OldBatch], actor: str, show: Callable[[int], object] = lambda images: None
    ) -> Forgotten:
        """Remove batches page by page, then the objects. After a death the next call goes on.

        Args:
            actor: who ordered it.
            show: gets the number of images of each page.
        """
        images = 0
        for batch in batches:
            while count := self._database.transact(
                partial(retention.forget_images, batch_id=batch.id, limit=PAGE_IMAGES)
            ):
                images += count
                show(count)
            self._database.transact(partial(retention.forget_batch, batch=batch, actor=actor), actor=actor)
        deleted, recent = self._delete_objects()
        return Forgotten(len(batches), images, deleted, recent)

    def _delete_objects(self) -> tuple[int, int]:
        self._database.transact(retention.forget_named_objects)
        before = datetime.now(UTC) - self._min_object_age
        after, deleted, recent = "", 0, 0
        while keys := self._database.transact(
            partial(retention.unnamed_objects, after=after, limit=PAGE_OBJECTS)
        ):
            gone = [key for key in keys if self._store.delete_older(key, before)]
            self._database.transact(partial(retention.objects_deleted, keys=gone))
            deleted, recent, after = deleted + len(gone), recent + len(keys) - len(gone), keys[-1]
        return deleted, recent

    @staticmethod
    def _reason_to_keep(batch: OldBatch) -> str:
        """Empty where a batch may go."""
        if batch.undecided:
            return f"a person has still to decide about {counted(batch.undecided)}"
        if batch.is_withdrawing:
            return "delivered files are still to be taken away"
        if not batch.generated:
            return ""
        try:
            if open_bucket(batch.out).find(MANIFEST) is not None:
                return ""
        except ServiceError as error:
            return (
                f"generated content in {counted(batch.generated)}, and its manifest cannot be read: {error}"
            )
        return f"generated content in {counted(batch.generated)}, and {batch.out} has no {MANIFEST} that says how"


def counted(count: int, noun: str = "image", plural: str = "") -> str:
    """``1 image``, ``1,200 images``: for sentences."""
    return f"{count:,} {noun if count == 1 else plural or f'{noun}s'}"
