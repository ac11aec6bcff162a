"""The page of one image in any state, and the viewer of its pictures."""

from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from records import images
from records.history import image_history, reproductions
from records.history.image_history import ImageHistory, RecordedRun
from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from records.rollouts import blind
from review.desk import cards
from review.desk.answers import KINDS
from review.desk.cards import Card
from review.desk.viewer import sources, step_words
from review.desk.viewer.measurements import Measurement, judged, recorded_only
from review.desk.viewer.places import places
from review.desk.viewer.sources import ImagePicture, Source, SourceKind
from review.desk.viewer.tiles import history_of
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, read
from review.desk.wording import in_words

ROLLED_BACK_FROM = ("delivered", "failed", "discarded", "flagged")
"""States from which an image can be rolled back; see :func:`records.decisions.rollback`."""


@dataclass(frozen=True, slots=True)
class StepView:
    """One run of a step, as the page shows it.

    Attributes:
        picture: what it made; None where it made nothing, or left the picture as it was.
        is_newest: whether it is the newest run of its step.
        is_blind: whether its model is not named, because people still compare pairs of the step's rollout.
    """

    run: RecordedRun
    title: str
    verdict: str
    picture: ImagePicture | None
    problems: list[str]
    judged: list[Measurement]
    recorded: list[Measurement]
    is_newest: bool
    is_blind: bool


async def show(request: Request) -> Response:
    """Everything about one image: its pictures, steps, decisions, and its card if a person is to decide."""
    history = await history_of(request)
    flagged = await read(request, partial(review_queue.one, image_id=history.id))
    record = await read(request, partial(images.get, image_id=history.id))
    return render(
        request,
        "image.html",
        image=flagged,
        card=Card(record, flagged),
        history=history,
        state_words=step_words.STATES.get(history.state, history.state),
        pictures=sources.pictures(history),
        steps=await _steps(request, history),
        repeated=await read(request, partial(reproductions.newest, image_id=history.id)),
        can_roll_back=history.state in ROLLED_BACK_FROM,
        kinds=KINDS,
        in_words=in_words,
        person_name=person_name,
        **await cards.functions(request, [flagged]),
    )


async def view(request: Request) -> Response:
    """The pictures of an image, large; ``?picture=`` names the one that is shown first."""
    history = await history_of(request)
    flagged = await read(request, partial(review_queue.one, image_id=history.id))
    before, after = await read(request, partial(image_history.neighbours, image_id=history.id))
    listed = sources.pictures(history)
    shown, compared = _pair(history, flagged, listed, request.query_params.get("picture", ""))
    return render(
        request,
        "viewer.html",
        image=flagged,
        history=history,
        pictures=listed,
        shown=shown,
        compared=compared,
        places=places(history, flagged),
        mask=sources.mask(flagged.mask) if flagged else None,
        previous_image=before,
        next_image=after,
        ahead=await _ahead(request, after),
        keep=request.query_params.get("keep") == "1",
        **await cards.functions(request, [flagged]),
    )


async def _ahead(request: Request, number: int | None) -> list[str]:
    """URLs of the pictures that the viewer of an image shows first, which are loaded before it is opened."""
    history = await read(request, partial(image_history.find, image_id=number)) if number else None
    if history is None:
        return []
    flagged = await read(request, partial(review_queue.one, image_id=history.id))
    names = _pair(history, flagged, sources.pictures(history), "")
    return [f"/images/{history.id}/pictures/{name}" for name in dict.fromkeys(names) if name]


def person_name(actor: str) -> str:
    """Who is behind a record's actor, in words."""
    kind, _, name = actor.partition(":")
    return {"person": name, "api": f"the program {name}", "line": "the line"}.get(kind, actor)


async def _steps(request: Request, history: ImageHistory) -> list[StepView]:
    defaults = await drawing_of(request).gate_limits()
    blind_steps = await read(request, partial(blind.blind_steps, image_id=history.id))
    newest = {run.id for run in history.newest_runs}
    titles = {picture.source.key: picture for picture in sources.pictures(history)}
    return [
        StepView(
            run=run,
            title=step_words.step_name(run.transform),
            verdict=step_words.VERDICTS.get(run.verdict, run.verdict),
            picture=None if run.output in (None, run.input) else titles.get(str(run.output)),
            problems=_problems(run),
            judged=judged(run, defaults),
            recorded=recorded_only(run, defaults),
            is_newest=run.id in newest,
            is_blind=run.transform in blind_steps,
        )
        for run in history.runs
    ]


def _problems(run: RecordedRun) -> list[str]:
    codes = (reason.get("code") for reason in run.reasons)
    return list(dict.fromkeys(in_words(code) for code in codes if code))


def _pair(
    history: ImageHistory, flagged: FlaggedImage | None, listed: list[ImagePicture], name: str
) -> tuple[str, str]:
    """Names of the picture that is shown first and of the one it is compared with; empty without pictures."""
    if not listed:
        return "", ""
    first, last = listed[0].name, _last(history, listed).name
    if flagged is not None and flagged.current is not None:
        result = flagged.proposal if flagged.is_edited else flagged.current
        last = _name(str(result))
        first = _name(str(flagged.before)) if flagged.is_edited else first
    shown: dict[str, Any] = {picture.name: picture for picture in listed}
    return (name if name in shown else last), first


def _last(history: ImageHistory, listed: list[ImagePicture]) -> ImagePicture:
    file = sources.delivered(history)
    of_newest = [picture for picture in listed if picture.run in {run.id for run in history.newest_runs}]
    return file or (of_newest or listed)[-1]


def _name(key: str) -> str:
    return Source(SourceKind.PICTURE, key).name
