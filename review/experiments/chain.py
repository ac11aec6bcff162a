"""A picture on its way through the steps of a recipe in this process, judged as on the line; nothing is recorded."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from line.facts import Facts
from line.picture import Edited, Flagged, Original, Picture, Publishable, Refused
from line.recipe import Recipe, seed_of
from tasks.runner.execute import execute
from tasks.runner.types import Attempt, Failed, Loaded, PreparedStep


def attempts(
    steps: Mapping[int, PreparedStep], recipe: Recipe, subject: Original | Picture, sha256: str
) -> Iterator[tuple[int, Attempt]]:
    """Each of the steps that the picture needs with its position, to the first that it does not pass.

    Args:
        steps: by their positions in the recipe, in order.
        sha256: of the original; it is part of the seeds.
    """
    for position, prepared in steps.items():
        if not prepared.transform.is_needed(subject.facts, prepared.step.params):
            continue
        (attempt,) = execute(prepared, [_loaded(recipe, position, subject, sha256)])
        yield position, attempt
        if not has_passed(attempt):
            return
        subject = _after(attempt, subject)


@dataclass(frozen=True, slots=True, eq=False)
class Start:
    """Where a picture enters a chain of steps.

    Attributes:
        position: of its first step.
        sha256: of the original; it is part of the seeds.
    """

    position: int
    subject: Original | Picture
    sha256: str


def stops(
    steps: Mapping[int, PreparedStep], recipe: Recipe, starts: Sequence[Start], micro_batch: int
) -> list[tuple[int, Attempt] | None]:
    """Run pictures through steps in micro-batches, as a worker does: a model may depend on what it gets together.

    Returns:
        Of each picture, the step that it does not pass, with its position; None where it passes all.
    """
    stopped: dict[int, tuple[int, Attempt]] = {}
    subjects = [start.subject for start in starts]
    for position, prepared in steps.items():
        due = [
            at
            for at, start in enumerate(starts)
            if at not in stopped
            and start.position <= position
            and prepared.transform.is_needed(subjects[at].facts, prepared.step.params)
        ]
        for first in range(0, len(due), micro_batch):
            group = due[first : first + micro_batch]
            loaded = [_loaded(recipe, position, subjects[at], starts[at].sha256) for at in group]
            for at, attempt in zip(group, execute(prepared, loaded), strict=True):
                if has_passed(attempt):
                    subjects[at] = _after(attempt, subjects[at])
                else:
                    stopped[at] = (position, attempt)
    return [stopped.get(at) for at in range(len(starts))]


def _loaded(recipe: Recipe, position: int, subject: Original | Picture, sha256: str) -> Loaded:
    return Loaded(subject, seed_of(recipe.seed, sha256, position), sha256)


def _after(attempt: Attempt, subject: Original | Picture) -> Original | Picture:
    """What goes into the next step."""
    if not isinstance(attempt.outcome, Edited):
        return subject
    picture = attempt.outcome.picture
    size = Facts(width=picture.width, height=picture.height, masked=picture.mask is not None)
    return picture.with_(facts=picture.facts | size)


def has_passed(attempt: Attempt) -> bool:
    """Whether the picture would go on."""
    return attempt.verdict.passed and isinstance(attempt.outcome, Edited | Publishable)


def reason_of(attempt: Attempt) -> str:
    """Code of the first reason for which a picture does not go on; empty where it does."""
    match attempt.outcome:
        case Flagged(reason=reason) | Refused(reason=reason):
            return reason
        case Failed():
            return "transform_error"
        case _:
            return next((reason.code for reason in attempt.verdict.reasons), "")
