"""Records the batch of a complete upload."""

import hashlib
import logging
from functools import partial

import sqlalchemy as sa

from line.errors import RecipeError
from line.recipe import Recipe
from line.settings import settings
from records import batches, recipes, uploads
from records.batches import NewBatch
from records.database import transact
from records.storage.bucket import Bucket
from scheduler.intake.images import UploadImages
from scheduler.intake.listing import Upload, files_of, listing_of
from scheduler.intake.ready_marker import ReadyMarker, read_marker
from tasks.recipes import load
from worker import topology

log = logging.getLogger(__name__)


def take(store: Bucket, upload: Upload, *, only_new: bool = False) -> int | None:
    """Record the batch of a complete upload; None where nothing in it is new.

    The vendor's attestation is read here, once, and recorded: every worker then goes by the same one.

    Args:
        only_new: leave out files that an earlier batch of the same upload and recipe took as they are now: silence
            was taken for completeness, and the rest came later.

    Raises:
        InputError: the marker, its recipe or the archive cannot be read.
        SettingsError: ``sluice.toml`` cannot be read.
    """
    marker = read_marker(store, upload.marker)
    recipe = recipe_of(marker)
    new = new_batch(store, upload, marker, recipe)
    if transact(partial(batches.find, digest=new.digest)) is not None:
        return None
    taken_before = _taken_before(upload, recipe) if only_new else set()
    if taken_before and all((item.key, item.tag) in taken_before for item in files_of(store, upload)):
        return None
    encoding = topology.load(settings().config).vendor(upload.vendor).encoding
    images = UploadImages(store, upload, marker, recipe, encoding=encoding, taken_before=taken_before)

    def record(connection: sa.Connection) -> int | None:
        recipes.save(connection, recipe)
        batch_id = batches.record(connection, new, images)
        if batch_id is not None:
            uploads.count_other_files(connection, batch_id, images.sidecars)
        return batch_id

    batch_id = transact(record, patience=0)
    if batch_id is not None:
        log.info(
            "batch %d: took %s with recipe %s",
            batch_id,
            upload.prefix,
            recipe.name,
            extra={"batch": batch_id},
        )
    return batch_id


def new_batch(store: Bucket, upload: Upload, marker: ReadyMarker, recipe: Recipe) -> NewBatch:
    """The batch that an upload becomes with a recipe, named by its listing."""
    listing = listing_of(store, upload)
    digest = hashlib.sha256(f"{upload.prefix}\n{listing.digest}\n{recipe.digest}".encode()).hexdigest()
    out = marker.out or f"{store.url.rstrip('/')}/delivered/{upload.vendor}/{upload.name}-{digest[:8]}"
    rights = topology.load(settings().config).vendor(upload.vendor).watermark_rights
    return NewBatch(upload.vendor, upload.name, upload.prefix, digest, recipe.digest, out, rights)


def recipe_of(marker: ReadyMarker) -> Recipe:
    """The recipe that a marker names.

    Raises:
        InputError: there is no such recipe.
    """
    wished = marker.recipe
    if len(wished) == 64 and not wished.endswith(".toml"):
        return transact(partial(recipes.load, digest=wished))
    if "/" in wished or wished.endswith(".toml"):
        raise RecipeError("a marker names a shipped recipe or the digest of a recorded one", path=wished)
    return load(wished)


def _taken_before(upload: Upload, recipe: Recipe) -> set[tuple[str, str]]:
    if upload.is_archive:
        return set()
    return transact(partial(uploads.files_taken, prefix=upload.prefix, recipe=recipe.digest))
