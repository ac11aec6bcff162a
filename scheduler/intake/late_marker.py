"""A ``_READY`` that comes after silence was taken for completeness: its recipe still counts where it can."""

import logging
from functools import partial

import sqlalchemy as sa

from line.errors import InputError
from line.filenames.names import delivered_name, safe_path
from line.recipe import file_of
from records import batches, recipes, uploads
from scheduler.intake.listing import Upload, listing_of
from scheduler.intake.ready_marker import read_marker
from scheduler.intake.take import Intake

log = logging.getLogger(__name__)


def adopt_late_marker(intake: Intake, upload: Upload, taken: str) -> bool:
    """Give the batch that was taken without a marker the recipe and folder of the marker that came later.

    Args:
        taken: what the scan state says the upload was taken as.

    Returns:
        False where the upload is to be taken as any other: it was not taken by silence, or files were added.

    Raises:
        InputError: the marker cannot be read, or asks for another recipe of a batch that has begun.
    """
    transact, store = intake.database.transact, intake.store
    batch_id = transact(partial(batches.of_prefix, prefix=upload.prefix))
    if batch_id is None or taken != listing_of(store, upload).digest:
        return False
    marker = read_marker(store, upload.marker)
    recipe = intake.recipe_of(marker)
    new = intake.new_batch(upload, marker, recipe)
    batch = transact(partial(batches.get, batch_id=batch_id))
    if batch.recipe == recipe.digest and marker.out in (None, batch.out):
        return True
    extension = file_of(recipe)

    def change(connection: sa.Connection) -> bool:
        recipes.save(connection, recipe)
        return uploads.change_recipe(
            connection, batch_id, new, lambda name: safe_path(delivered_name(name, extension))
        )

    if not transact(change):
        taken_with = transact(partial(recipes.load, digest=batch.recipe)).name
        raise InputError(
            f"its {upload.marker.rpartition('/')[2]} asks for recipe {recipe.name}, but came after the upload was "
            f"taken as batch {batch_id} with recipe {taken_with}, and that batch has begun; put it in again "
            "as another upload, with the marker last"
        )
    log.info("batch %d: recipe %s of its late marker", batch_id, recipe.name, extra={"batch": batch_id})
    return True
