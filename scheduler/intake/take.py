"""Records the batch of a complete upload."""

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import sqlalchemy as sa

from line.errors import RecipeError
from line.recipe import Recipe
from records import batches, recipes, uploads
from records.batches import NewBatch
from records.database import Database
from records.slots import batch_changes
from records.storage.bucket import Bucket
from scheduler.intake.archive import Archives
from scheduler.intake.images import UploadImages
from scheduler.intake.listing import Upload, files_of, listing_of
from scheduler.intake.ready_marker import ReadyMarker, read_marker
from tasks.context import Context
from worker import topology
from worker.topology import Vendor

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Intake:
    """Turns complete uploads of one bucket into batches.

    Attributes:
        store: the bucket.
        archives: opens uploads that are archives.
        load_recipe: a checked recipe by name.
        resolve: fills its slots with the models that they hold now.
        vendor_terms: what is agreed with a vendor; read anew for every upload.
    """

    database: Database
    store: Bucket
    archives: Archives
    load_recipe: Callable[[str], Recipe]
    resolve: Callable[[Recipe], Recipe]
    vendor_terms: Callable[[str], Vendor]

    @classmethod
    def of(cls, context: Context, load_recipe: Callable[[str], Recipe] | None = None) -> "Intake":
        """The intake of a process; recipes are checked in it where ``load_recipe`` is None."""
        settings = context.settings
        return cls(
            context.database,
            context.bucket,
            Archives(settings.decode_seconds, settings.decode_memory, settings.home_folder),
            load_recipe or context.recipe,
            context.resolved,
            lambda vendor: topology.load(settings.config).vendor(vendor),
        )

    def take(self, upload: Upload, *, only_new: bool = False) -> int | None:
        """Record the batch of a complete upload; None where nothing in it is new.

        The vendor's attestation is read here, once, and recorded: every worker then goes by the same one.

        Args:
            only_new: leave out files that an earlier batch of the same upload and recipe took as they are now:
                silence was taken for completeness, and the rest came later.

        Raises:
            InputError: the marker, its recipe or the archive cannot be read.
            SettingsError: ``sluice.toml`` cannot be read.
        """
        transact, store = self.database.transact, self.store
        marker = read_marker(store, upload.marker)
        recipe = self.recipe_of(marker)
        new = self.new_batch(upload, marker, recipe)
        if transact(partial(batches.find, digest=new.digest)) is not None:
            return None
        taken_before = self._taken_before(upload, recipe) if only_new else set()
        if taken_before and all((item.key, item.tag) in taken_before for item in files_of(store, upload)):
            return None
        archives = self.archives.with_encoding(self.vendor_terms(upload.vendor).encoding)
        images = UploadImages(store, upload, marker, recipe, archives=archives, taken_before=taken_before)

        def record(connection: sa.Connection) -> int | None:
            recipes.save(connection, recipe)
            batch_id = batches.record(connection, new, images)
            if batch_id is not None:
                batch_changes.catch_up(connection, batch_id, recipe)
                uploads.count_other_files(connection, batch_id, images.sidecars)
            return batch_id

        batch_id = transact(record, patience=0)
        if batch_id is not None:
            extra = {"batch": batch_id}
            log.info("batch %d: took %s with recipe %s", batch_id, upload.prefix, recipe.name, extra=extra)
        return batch_id

    def new_batch(self, upload: Upload, marker: ReadyMarker, recipe: Recipe) -> NewBatch:
        """The batch that an upload becomes with a recipe, named by its listing."""
        listing = listing_of(self.store, upload)
        digest = hashlib.sha256(f"{upload.prefix}\n{listing.digest}\n{recipe.digest}".encode()).hexdigest()
        folder = f"delivered/{upload.vendor}/{upload.name}-{digest[:8]}"
        out = marker.out or f"{self.store.url.rstrip('/')}/{folder}"
        rights = self.vendor_terms(upload.vendor).watermark_rights
        return NewBatch(upload.vendor, upload.name, upload.prefix, digest, recipe.digest, out, rights)

    def recipe_of(self, marker: ReadyMarker) -> Recipe:
        """The recipe that a marker names, with the models that its slots hold now.

        Raises:
            InputError: there is no such recipe, or a slot of it is empty.
        """
        return self.resolve(self._named(marker))

    def _named(self, marker: ReadyMarker) -> Recipe:
        wished = marker.recipe
        if len(wished) == 64 and not wished.endswith(".toml"):
            return self.database.transact(partial(recipes.load, digest=wished))
        if "/" in wished or wished.endswith(".toml"):
            raise RecipeError("a marker names a shipped recipe or the digest of a recorded one", path=wished)
        return self.load_recipe(wished)

    def _taken_before(self, upload: Upload, recipe: Recipe) -> set[tuple[str, str]]:
        if upload.is_archive:
            return set()
        return self.database.transact(
            partial(uploads.files_taken, prefix=upload.prefix, recipe=recipe.digest)
        )
