"""A person's decisions, with what they need beside the records: recipes, masks, delivered files."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from line.errors import InputError
from line.filenames.names import delivered_name, safe_path
from line.recipe import Recipe, file_of
from records import decisions, images, recipes
from records.history import undo
from records.history.undo import Undone
from records.images import ImageRecord
from scheduler.delete_delivered import DeliveredFiles
from tasks.context import Context


class Decisions:
    """What people decide about images, in the name of one of them.

    Args:
        context: of the process.
        files: delivered files, deleted after a decision against them.
        keep_mask: keeps a mask that a person drew and returns its key; in this process where None.
        load_recipe: checks a recipe, by its name or file; in this process where None.
    """

    def __init__(
        self,
        context: Context,
        files: DeliveredFiles | None = None,
        keep_mask: Callable[[ImageRecord, Path], str] | None = None,
        load_recipe: Callable[[str], Recipe] | None = None,
    ) -> None:
        self._context, self._database, self._keep_mask = context, context.database, keep_mask
        self._load_recipe = load_recipe or context.recipe
        self._files = files or DeliveredFiles(context.database, context.buckets)

    def accept(self, image_id: int, actor: str) -> None:
        """See :func:`records.decisions.accept`."""
        recipe = self._recipe(image_id)
        steps, last = self._context.declarations.removing(recipe), len(recipe.steps) - 1
        self._database.transact(
            lambda connection: decisions.accept(connection, image_id, steps, last), actor=actor
        )

    def keep(self, image_id: int, actor: str) -> None:
        """See :func:`records.decisions.keep`."""
        last = len(self._recipe(image_id).steps) - 1
        self._database.transact(lambda connection: decisions.keep(connection, image_id, last), actor=actor)

    def reject(self, image_id: int, actor: str) -> None:
        """See :func:`records.decisions.reject`."""
        self._database.transact(lambda connection: decisions.reject(connection, image_id), actor=actor)
        self._withdraw(image_id)

    def requeue(
        self,
        image_id: int,
        actor: str,
        *,
        recipe: str | None = None,
        mask: str | None = None,
        look: bool = False,
    ) -> None:
        """See :func:`records.decisions.requeue`.

        Args:
            recipe: name or file of another recipe.
            mask: a file, ``found`` or ``sure``.
            look: whether the person is shown the result before it counts: the image is flagged with it.
        """
        image = self._image(image_id)
        other = self._context.resolved(self._load_recipe(recipe)) if recipe else None
        followed = other or image.recipe
        steps = self._context.declarations.removing(followed)
        key = mask
        if mask is not None and mask not in decisions.SPOKEN:
            keep = self._keep_mask or partial(_keep_mask, self._context)
            key = keep(image, Path(mask))
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
            if look or mask:
                last = len(followed.steps) - 1
                shown_after = steps[0] if steps and not other else last
                decisions.mark_ordered(connection, image_id, shown_after if look else None)

        self._database.transact(act, actor=actor)
        self._withdraw(image_id)

    def refill(self, image_id: int, actor: str, model: str) -> None:
        """Remove the same mask by another model; the person is shown the result before it counts.

        Raises:
            InputError: the image's recipe has no step that removes.
        """
        recipe = self._recipe(image_id)
        removing = self._context.declarations.removing(recipe)
        if not removing:
            raise InputError(f"recipe {recipe.name} has no step that removes, so no model can do it")
        position = removing[0]
        step = recipe.steps[position].model_copy(update={"model": model, "options": {}})
        others = (*recipe.steps[:position], step, *recipe.steps[position + 1 :])
        other = recipe.model_copy(update={"steps": others})

        def act(connection: sa.Connection) -> None:
            digest = recipes.save(connection, Recipe.model_validate(other.model_dump(), strict=False))
            decisions.refill(connection, image_id, digest, position)
            decisions.mark_ordered(connection, image_id, position)

        self._database.transact(act, actor=actor)

    def undo(self, image_id: int, actor: str) -> Undone:
        """See :func:`records.history.undo.undo_image`."""
        return self._undone(lambda connection: undo.undo_image(connection, image_id), actor)

    def undo_last(self, actor: str) -> Undone:
        """See :func:`records.history.undo.undo_last`."""
        return self._undone(lambda connection: undo.undo_last(connection, actor), actor)

    def undo_answer(self, decision_id: int, actor: str) -> Undone:
        """See :func:`records.history.undo.undo_answer`."""
        return self._undone(lambda connection: undo.undo_answer(connection, decision_id), actor)

    def _undone(self, work: Callable[[sa.Connection], Undone], actor: str) -> Undone:
        undone = self._database.transact(work, actor=actor)
        for batch in sorted({each.batch for each in (undone, *undone.others)}):
            self._files.withdraw(batch)
        return undone

    def rollback(self, image_id: int, step: str, actor: str) -> None:
        """See :func:`records.decisions.rollback`; ``step`` is a transform's name in the image's recipe.

        Raises:
            InputError: the recipe has no such step.
        """
        recipe = self._recipe(image_id)
        position = recipe.position(step)
        if position is None:
            names = ", ".join(step.transform for step in recipe.steps)
            raise InputError(f"--to {step}: recipe {recipe.name} has the steps {names}")
        self._database.transact(
            lambda connection: decisions.rollback(connection, image_id, position, step), actor=actor
        )
        self._withdraw(image_id)

    def flagged(self, batch_id: int, reason: str = "") -> list[int]:
        """Ids of a batch's flagged images, all or those with one reason."""
        return self._database.transact(lambda connection: decisions.flagged(connection, batch_id, reason))

    def _withdraw(self, image_id: int) -> None:
        """Delete the file at once, after the commit; a scheduler does it later where we die before."""
        self._files.withdraw(self._image(image_id).batch_id)

    def _image(self, image_id: int) -> ImageRecord:
        return self._database.transact(partial(images.get, image_id=image_id))

    def _recipe(self, image_id: int) -> Recipe:
        return self._image(image_id).recipe


def _keep_mask(context: Context, image: ImageRecord, path: Path) -> str:
    from scheduler.drawn_mask import keep_mask  # reads a picture, as no other decision does

    return keep_mask(context, image, path)
