"""A batch at the desk: halt, resume, requeue with another recipe, and why it was halted."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.errors import InputError
from line.recipe import shipped
from records import batches, recipes
from records.queries import reports, review_queue
from review.desk.viewer.step_words import step_name
from review.desk.web.errors import RequestError
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.work import decisions_of, in_thread, read, write
from scheduler.probe import resume as send_probe

TRIPPING_SHOWN: Final = 8
"""Maximum number of pictures that are shown beside the reason of a halt."""


async def values(request: Request, report: Mapping[str, Any]) -> dict[str, Any]:
    """What batch.html needs for its controls."""
    batch_id = report["batch"]
    is_halted = report["state"] == "halted"
    query = partial(review_queue.tripping, batch_id=batch_id, limit=TRIPPING_SHOWN)
    batch = await read(request, partial(batches.get, batch_id=batch_id))
    recipe = await read(request, partial(recipes.load, digest=batch.recipe))
    progress = await read(request, partial(reports.progress, batch_id=batch_id))
    return {
        "share_done": min(1.0, progress.advance / progress.images) if progress.images else 1.0,
        "tripping": await read(request, query) if is_halted else [],
        "breaker": recipe.breaker,
        "recipe_names": shipped(),
        "step_name": step_name,
        "message": request.query_params.get("done", ""),
    }


async def halt(request: Request, form: FormData) -> Response:
    """Halt a batch: what waits is held."""
    number = request.path_params["batch"]
    reason = f"halted at the desk by {person_of(request).partition(':')[2]}"
    if not await write(request, partial(batches.halt, batch_id=number, reason=reason)):
        raise RequestError(HTTPStatus.CONFLICT, f"batch {number} is not running, so it cannot be halted")
    return _back(number, "halted")


async def resume(request: Request, form: FormData) -> Response:
    """Resume a batch: a few images go first, and the rest follow if those are good."""
    number = request.path_params["batch"]
    sent = await write(request, partial(send_probe, batch_id=number))
    return _back(number, "probing" if sent else "nothing-held")


async def requeue(request: Request, form: FormData) -> Response:
    """Send all flagged images of a batch, or those with one reason, round again with another recipe."""
    number, recipe, reason = request.path_params["batch"], field(form, "recipe"), field(form, "reason")
    await in_thread(partial(_requeue, request, number, recipe, reason))
    return _back(number, "requeued")


def _requeue(request: Request, number: int, recipe: str, reason: str) -> None:
    """Requeue image by image; one that somebody else decided on meanwhile is left alone.

    Raises:
        InputError: no image could be requeued.
    """
    decisions, person = decisions_of(request), person_of(request)
    errors: list[InputError] = []
    numbers = decisions.flagged(number, reason)
    for image in numbers:
        try:
            decisions.requeue(image, person, recipe=recipe, look=True)
        except InputError as error:
            errors.append(error)
    if errors and len(errors) == len(numbers):
        raise errors[0]


def _back(number: int, done: str) -> Response:
    return RedirectResponse(f"/batches/{number}?done={done}", HTTPStatus.SEE_OTHER)
