"""The decisions that the desk offers for a flagged image. Whatever edits a picture comes back as a before and after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

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
CHOSEN, SMALLER = "chosen", "smaller"
"""Choices whose mask is built from what the person chose; see :mod:`review.desk.drawing.masks`."""
RESULT_FOLLOWS = "being done: the result comes back here"
MAX_MODELS: Final = 3
"""Maximum number of other models that are offered."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One decision.

    Attributes:
        name: value that the form sends.
        key: letter that presses the button; empty without one.
        label: text of the button.
        act: takes the image's id and the person; raises InputError if the image cannot be decided this way. It also
            takes ``mask``, a file, where ``name`` is ``CHOSEN`` or ``SMALLER``.
        done: message shown afterwards.
        returns: whether the picture is edited, so that its result comes back to be looked at.
    """

    name: str
    key: str
    label: str
    act: Callable[..., object]
    done: str
    returns: bool = False


def choices(
    image: FlaggedImage, transforms: DeclarationRegistry[Declaration], models: Sequence[str] = ()
) -> list[Choice]:
    """The decisions that apply to ``image``, the most frequent first.

    Args:
        models: names of the models that can fill a mask.
    """
    again = _edit("requeue", "r", "Try again", Decisions.requeue)
    discard = Choice("reject", "x", "Discard", Decisions.reject, "discarded")
    if image.is_ordered_result:
        take = Choice("accept", "a", "Take it", Decisions.accept, "taken")
        back = Choice("back", "b", "Go back", Decisions.undo, "put back to what it was", returns=True)
        return [take, back, discard]
    if image.reason in TEXT_QUESTIONS:
        return [*_about_text(image), again, discard]
    if image.is_edited:
        offered = [_accept("Good: use the result")]
        return [*offered, *_about_fill(image, transforms, models), again, discard]
    offered = [_accept("Accept it as it is")] if image.proposal or image.current else []
    if offered and image.mask and may_draw(image, transforms):
        offered.append(_erase("found", "o", "Erase what was found"))
    return [*offered, again, discard]


def _about_text(image: FlaggedImage) -> list[Choice]:
    keep, erase = TEXT_QUESTIONS[image.reason]
    offered = [_accept(keep)]
    if image.mask:
        offered.append(_erase("found", "o", erase))
    if image.regions:
        offered.append(_edit(CHOSEN, "c", "Erase the chosen pieces", Decisions.requeue))
        offered.append(_erase("sure", "s", "Erase only what is certain, keep the rest"))
    return offered


def _about_fill(
    image: FlaggedImage, transforms: DeclarationRegistry[Declaration], models: Sequence[str]
) -> list[Choice]:
    """What can be done about the result of a step that edits; more where it removed something."""
    offered = [Choice("keep", "n", "No edit: keep the original", Decisions.keep, "kept as it was")]
    recipe = Recipe.model_validate(image.recipe, strict=False)
    position = recipe.position(image.step)
    if position is None or position not in transforms.removing(recipe):
        return offered
    others = [name for name in models if name != recipe.steps[position].model][:MAX_MODELS]
    for number, name in enumerate(others):
        act = partial(Decisions.refill, model=name)
        offered.append(_edit(f"model:{name}", "" if number else "m", f"Another model: {name}", act))
    if image.mask:
        offered.append(_edit(SMALLER, "t", "A smaller area", Decisions.requeue))
    return offered


def _accept(label: str) -> Choice:
    return Choice("accept", "a", label, Decisions.accept, "accepted")


def _erase(mask: str, key: str, label: str) -> Choice:
    return _edit(mask, key, label, partial(Decisions.requeue, mask=mask))


def _edit(name: str, key: str, label: str, act: Callable[..., object]) -> Choice:
    """A choice after which the line edits the picture and shows the result."""
    shown = act if name.startswith("model:") else partial(act, look=True)
    return Choice(name, key, label, shown, RESULT_FOLLOWS, returns=True)


def may_draw(image: FlaggedImage, transforms: DeclarationRegistry[Declaration]) -> bool:
    """Whether a person can supply a mask: the image is decoded and not yet past the first step that removes."""
    recipe = Recipe.model_validate(image.recipe, strict=False)
    position, removes = recipe.position(image.step), transforms.removing(recipe)
    is_before_removal = position is not None and bool(removes) and position <= removes[0]
    return image.current is not None and is_before_removal and not image.is_ordered_result
