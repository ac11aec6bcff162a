"""What a person may answer about a flagged image: the choices of the desk, each one command's decision."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from line.recipe import Recipe
from records.queries.review_queue import Flagged
from scheduler import decide
from tasks.recipes import removing

ASKS_OF_TEXT = {
    "overlay_or_print": ("It is print: keep it", "It is overlay: erase all found"),
    "banner_unclear": ("Keep it", "Erase all found"),
    "faint_text": ("It may not go: keep it", "It may go: erase all found"),
    "text_needs_person": ("Keep it", "Erase all found"),
}
"""Reasons that ask about a text, of which nothing was edited yet, and both answers."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer.

    Attributes:
        name: as the form sends it.
        key: letter that gives it on a keyboard.
        label: as a person reads it.
        act: takes the image's id and who decides; raises InputError where it cannot be.
        done: what became of the image.
    """

    name: str
    key: str
    label: str
    act: Callable[[int, str], None]
    done: str


def choices(image: Flagged) -> list[Choice]:
    """The answers that make sense for ``image``, the usual ones first."""
    found = []
    if image.reason in ASKS_OF_TEXT:
        keep, erase = ASKS_OF_TEXT[image.reason]
        found.append(_accept(keep))
        if image.mask:
            found.append(_again("found", "o", erase, "erased as found"))
        if image.regions:
            found.append(_again("sure", "s", "Erase the certain, keep the doubtful", "erased where certain"))
    elif image.proposal or image.current:
        found.append(_accept("Good: take the result" if image.is_edited else "Let it pass as it is"))
        if image.mask and not image.is_edited and may_draw(image):
            found.append(_again("found", "o", "Erase what was found", "erased as found"))
    found.append(
        Choice("requeue", "r", "Once more", lambda image, actor: decide.requeue(image, actor), "requeued")
    )
    found.append(Choice("reject", "x", "Discard", decide.reject, "discarded"))
    return found


def _accept(label: str) -> Choice:
    return Choice("accept", "a", label, decide.accept, "accepted")


def _again(mask: str, key: str, label: str, done: str) -> Choice:
    return Choice(mask, key, label, partial(decide.requeue, mask=mask), done)


def may_draw(image: Flagged) -> bool:
    """Whether a mask can be given: the image is decoded, and stands before or at the first step that removes."""
    recipe = Recipe.model_validate(image.recipe, strict=False)
    position, removes = recipe.position(image.step), removing(recipe)
    return image.current is not None and position is not None and bool(removes) and position <= removes[0]
