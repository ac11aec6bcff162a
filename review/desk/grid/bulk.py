"""One answer to many images: each follows the rules of a single image, and all are undone as one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Final
from urllib.parse import parse_qsl

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from line.errors import InputError
from line.states import ImageState
from records.grid import listing, pictures
from records.grid.filters import Filter
from records.grid.pictures import Tile
from records.history import decision_log
from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from review.desk import cards
from review.desk.choices import CHOSEN, RESULT_FOLLOWS, SMALLER, Choice, choices
from review.desk.grid import address
from review.desk.web import forms
from review.desk.web.errors import RequestError, wants_json
from review.desk.web.login import person_of
from review.desk.web.work import decisions_of, drawing_of, in_thread, line_of, read
from scheduler.decide import Decisions

MAX_ANSWERED: Final = 1000
"""Maximum number of images that one answer is given to."""
NEEDS_MASK: Final = (CHOSEN, SMALLER)
"""Choices that need a look at each picture."""
LABELS: Final = {
    "accept": "Accept",
    "keep": "No edit: keep the original",
    "found": "Erase all that was found",
    "sure": "Erase only what is certain",
    "requeue": "Try again",
    "reject": "Discard",
}
"""Labels of choices that images of several reasons share."""
ORDER: Final = ("accept", "back", "keep", "found", "sure")
"""The choices that come first; discarding comes last."""


@dataclass(slots=True)
class Answered:
    """What became of one answer to many images.

    Attributes:
        refused: why images could not be answered so, by id.
    """

    images: list[int] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)
    returns: bool = False


def settled_choices(tile: Tile) -> list[Choice]:
    """What can be done with an image that is not flagged."""
    offered = []
    if tile.state in (ImageState.DELIVERED, ImageState.FAILED, ImageState.REJECTED, ImageState.DISCARDED):
        act = partial(Decisions.requeue, look=True)
        offered.append(Choice("requeue", "r", "Process again", act, RESULT_FOLLOWS, returns=True))
    if tile.state is ImageState.DELIVERED:
        done = "taken back"
        offered.append(Choice("reject", "x", "Take back: delete the delivered file", Decisions.reject, done))
    if tile.state is ImageState.FAILED:
        offered.append(Choice("reject", "x", "Discard", Decisions.reject, "discarded"))
    return offered


async def offered(
    request: Request, tiles: Sequence[Tile], flagged: Mapping[int, FlaggedImage]
) -> list[Choice]:
    """The choices that at least one of the images has, each once."""
    models = await _models(request, flagged)
    by_name: dict[str, Choice] = {}
    for tile in tiles:
        for choice in _choices(request, tile, flagged.get(tile.id), models):
            other = by_name.setdefault(choice.name, choice)
            if other.label != choice.label and choice.name in LABELS:
                by_name[choice.name] = Choice(
                    choice.name, other.key, LABELS[choice.name], other.act, other.done, other.returns
                )
    rank = {name: position for position, name in enumerate(ORDER)}
    return sorted(
        by_name.values(), key=lambda choice: (choice.name == "reject", rank.get(choice.name, len(rank)))
    )


async def _models(request: Request, flagged: Mapping[int, FlaggedImage]) -> Sequence[str]:
    needs = any(map(cards.needs_models, flagged.values()))
    return await drawing_of(request).fill_models() if needs else []


def _choices(request: Request, tile: Tile, image: FlaggedImage | None, models: Sequence[str]) -> list[Choice]:
    if image is None:
        return settled_choices(tile)
    all_choices = choices(image, line_of(request).declarations, models)
    return [choice for choice in all_choices if choice.name not in NEEDS_MASK]


async def answer(request: Request, form: FormData) -> Response:
    """Answer the chosen images, or with ``all`` every image of the filter, at most ``MAX_ANSWERED``."""
    name, query = forms.field(form, "choice"), forms.field(form, "filter")
    chosen = address.parse(dict(parse_qsl(query)))
    if form.get("all"):
        ids = await read(request, partial(_every, chosen=chosen))
    else:
        ids = [
            int(value) for value in map(str, form.getlist("image")) if value.isdecimal() and len(value) < 19
        ]
    if not ids:
        raise RequestError(HTTPStatus.BAD_REQUEST, "choose at least one image: click it, or press space")
    pairs = [str(value).partition(":") for value in form.getlist("version")]
    shown = {int(number): version for number, _, version in pairs if number.isdecimal()}
    models = await drawing_of(request).fill_models() if name.startswith("model:") else []
    answered = await in_thread(partial(_answer_all, request, ids[:MAX_ANSWERED], name, shown, models))
    if not answered.images:
        raise RequestError(HTTPStatus.CONFLICT, next(iter(answered.refused.values()), "nothing was answered"))
    if not wants_json(request):
        done = f"answered={len(answered.images)}&left={len(answered.refused)}"
        return RedirectResponse(f"/images?{query}&{done}", HTTPStatus.SEE_OTHER)
    return JSONResponse({
        "done": sentence(answered),
        "answered": answered.images,
        "refused": answered.refused,
        "returns": answered.returns,
    })  # fmt: skip


def sentence(answered: Answered) -> str:
    """What became of an answer, in words."""
    count, refused = len(answered.images), len(answered.refused)
    text = f"{count} image{'s' if count > 1 else ''} answered"
    if answered.returns:
        text += "; the results come back here"
    if refused:
        text += f"; {refused} left as they are ({next(iter(answered.refused.values()))})"
    return text


def _every(connection: sa.Connection, chosen: Filter) -> list[int]:
    """The first images of a filter, at most ``MAX_ANSWERED``, however many have to be looked at."""
    ids: list[int] = []
    place = None
    while len(ids) < MAX_ANSWERED:
        page = listing.page(connection, chosen, place, MAX_ANSWERED - len(ids))
        ids += page.ids
        place = page.next
        if place is None:
            break
    return ids


def _answer_all(
    request: Request, ids: Sequence[int], name: str, shown: Mapping[int, str], models: Sequence[str]
) -> Answered:
    person, decisions, line = person_of(request), decisions_of(request), line_of(request)
    bulk_id = line.database.transact(
        partial(decision_log.begin_bulk, choice=name, actor=person), actor=person
    )
    answered = Answered()
    with decision_log.part_of(bulk_id):
        for part in _batched(ids, 100):
            tiles = line.database.transact(partial(pictures.tiles, ids=part))
            flagged = line.database.transact(partial(review_queue.some, image_ids=part))
            for tile in tiles:
                image = flagged.get(tile.id)
                offered_choices = _choices(request, tile, image, models)
                choice = next((each for each in offered_choices if each.name == name), None)
                try:
                    if choice is None:
                        raise InputError("that answer does not fit them any more")
                    _check(choice, tile, image, shown.get(tile.id))
                    choice.act(decisions, tile.id, person)
                except InputError as error:
                    answered.refused[tile.id] = str(error)
                else:
                    answered.images.append(tile.id)
                    answered.returns = answered.returns or choice.returns
    return answered


def _check(choice: Choice, tile: Tile, image: FlaggedImage | None, version: str | None) -> None:
    """Refuse an answer about something that the person was not shown.

    Raises:
        InputError: the image changed since, or the picture that the answer takes up was not shown.
    """
    current = image.version if image else tile.version
    if version is not None and version != current:
        raise InputError("they were processed again in the meantime: reload the page")
    if choice.name == "accept" and is_result(image) and version is None:
        raise InputError("their results were not shown to you yet: answer those that you see")


def is_result(image: FlaggedImage | None) -> bool:
    """Whether an image waits with a picture that was edited, which nobody may take up unseen."""
    return image is not None and (image.is_edited or image.is_ordered_result)


def _batched(ids: Sequence[int], size: int) -> Iterable[list[int]]:
    rest = iter(ids)
    while part := list(islice(rest, size)):
        yield part
