"""A person's decisions, with what they need beside the records: recipes, masks, delivered files."""

from functools import partial
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from imaging import intermediate
from imaging.mask import read_mask
from imaging.refusal import RefusedError
from line.errors import InputError
from line.names import delivered_name, safe_path
from line.recipe import Recipe
from line.settings import settings
from records import decisions, images, recipes
from records.database import transact
from records.images import ImageRecord
from records.storage.bucket import bucket
from scheduler.delete_delivered import withdraw
from tasks.recipes import file_of, load, removing


def accept(image_id: int, actor: str) -> None:
    """See :func:`records.decisions.accept`."""
    recipe = _recipe(image_id)
    steps, last = removing(recipe), len(recipe.steps) - 1
    transact(lambda connection: decisions.accept(connection, image_id, steps, last), actor=actor)


def reject(image_id: int, actor: str) -> None:
    """See :func:`records.decisions.reject`."""
    transact(lambda connection: decisions.reject(connection, image_id), actor=actor)
    _withdraw(image_id)


def requeue(image_id: int, actor: str, *, recipe: str | None = None, mask: str | None = None) -> None:
    """See :func:`records.decisions.requeue`; ``recipe`` is a name or file, ``mask`` a file, found or sure."""
    other = load(recipe) if recipe else None
    followed = other or _recipe(image_id)
    steps = removing(followed)
    key = mask if mask in (None, *decisions.SPOKEN) else _keep_mask(image_id, Path(str(mask)))
    image = _image(image_id)
    file = safe_path(delivered_name(image.name, file_of(followed))) if other else None

    def act(connection: sa.Connection) -> None:
        if other:
            recipes.save(connection, other)
        decisions.requeue(
            connection,
            image_id,
            recipe=other.digest if other else None,
            file=file,
            mask=key,
            mask_step=steps[0] if steps else None,
            search_step=followed.position("find_text"),
        )

    transact(act, actor=actor)
    _withdraw(image_id)


def rollback(image_id: int, step: str, actor: str) -> None:
    """See :func:`records.decisions.rollback`; ``step`` is a transform's name in the image's recipe.

    Raises:
        InputError: the recipe has no such step.
    """
    recipe = _recipe(image_id)
    position = recipe.position(step)
    if position is None:
        known = ", ".join(step.transform for step in recipe.steps)
        raise InputError(f"--to {step}: recipe {recipe.name} has the steps {known}")
    transact(lambda connection: decisions.rollback(connection, image_id, position, step), actor=actor)
    _withdraw(image_id)


def flagged(batch_id: int) -> list[int]:
    """Ids of a batch's flagged images."""
    return transact(lambda connection: decisions.flagged(connection, batch_id))


def _withdraw(image_id: int) -> None:
    """Take the file away at once, after the commit; a scheduler does it later where we die before."""
    withdraw(_image(image_id).batch_id)


def _image(image_id: int) -> ImageRecord:
    return transact(partial(images.get, image_id=image_id))


def _recipe(image_id: int) -> Recipe:
    return _image(image_id).recipe


def _keep_mask(image_id: int, path: Path) -> str:
    """Keep a person's mask: any picture, white (over half) where to erase, in the image's proportions."""
    facts = _image(image_id).facts
    try:
        read = read_mask(path.name, path.read_bytes())
    except RefusedError as error:
        raise InputError(f"--mask {path}: it is no picture that can be read. {error.sentence}") from None
    if facts.width is None:
        raise InputError(f"image {image_id}: it was never admitted, so a mask has nothing to lie on")
    size = facts.size()
    if read.shape[::-1] != size:
        raise InputError(
            f"--mask {path}: {read.shape[1]} × {read.shape[0]} pixels, the image has {size[0]} × {size[1]}"
        )
    mask = np.where(read > 127, 255, 0).astype(np.uint8)
    return bucket(settings().bucket).keep(intermediate.encode_mask(mask), intermediate.MASK_SUFFIX)
