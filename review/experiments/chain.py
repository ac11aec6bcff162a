"""A picture on its way through the steps of a recipe in this process, judged as on the line; nothing is recorded."""

from collections.abc import Iterator, Mapping

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
        (attempt,) = execute(prepared, [Loaded(subject, seed_of(recipe.seed, sha256, position), sha256)])
        yield position, attempt
        if not has_passed(attempt):
            return
        if isinstance(attempt.outcome, Edited):
            picture = attempt.outcome.picture
            size = Facts(width=picture.width, height=picture.height, masked=picture.mask is not None)
            subject = picture.with_(facts=picture.facts | size)


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
