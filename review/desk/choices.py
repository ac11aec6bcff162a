"""The decisions that the desk offers for a flagged image; each equals one command."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from line.recipe import Recipe
from records.queries.review_queue import FlaggedImage
from scheduler.decide import Decisions
from tasks.declaration import Declaration
from tasks.registry import DeclarationRegistry

TEXT_QUESTIONS = {
    "overlay_or_print": ("It is print: keep it", "It is an overlay: erase all of it"),
    "graphic_or_print": ("It belongs to the product: keep it", "It is an overlay: erase all of it"),
    "banner_unclear": ("Keep it", "Erase all of it"),
    "faint_text": ("It may not be removed: keep it", "It may be removed: erase all of it"),
    "text_needs_person": ("Keep it", "Erase all of it"),
}
"""Reasons that ask about text before anything was edited, with the labels to keep and to erase it."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision.

    Attributes:
        name: value that the form sends.
        key: letter that presses the button.
        label: text of the button.
        act: takes the image's id and the person; raises InputError if the image cannot be decided this way.
        done: message shown afterwards.
    """

    name: str
    key: str
    label: str
    act: Callable[[Decisions, int, str], None]
    done: str


def choices(image: FlaggedImage, transforms: DeclarationRegistry[Declaration]) -> list[Choice]:
    """The decisions that apply to ``image``, the most frequent first."""
    offered = []
    if image.reason in TEXT_QUESTIONS:
        keep, erase = TEXT_QUESTIONS[image.reason]
        offered.append(_accept(keep))
        if image.mask:
            offered.append(_erase("found", "o", erase, "erased as found"))
        if image.regions:
            offered.append(
                _erase("sure", "s", "Erase only what is certain, keep the rest", "erased where certain")
            )
    elif image.proposal or image.current:
        offered.append(_accept("Good: use the result" if image.is_edited else "Accept it as it is"))
        if image.mask and not image.is_edited and may_draw(image, transforms):
            offered.append(_erase("found", "o", "Erase what was found", "erased as found"))
    offered.append(Choice("requeue", "r", "Try again", Decisions.requeue, "requeued"))
    offered.append(Choice("reject", "x", "Discard", Decisions.reject, "discarded"))
    return offered


def _accept(label: str) -> Choice:
    return Choice("accept", "a", label, Decisions.accept, "accepted")


def _erase(mask: str, key: str, label: str, done: str) -> Choice:
    return Choice(mask, key, label, partial(Decisions.requeue, mask=mask), done)


def may_draw(image: FlaggedImage, transforms: DeclarationRegistry[Declaration]) -> bool:
    """Whether a person can supply a mask: the image is decoded and not yet past the first step that removes."""
    recipe = Recipe.model_validate(image.recipe, strict=False)
    position, removes = recipe.position(image.step), transforms.removing(recipe)
    return image.current is not None and position is not None and bool(removes) and position <= removes[0]
