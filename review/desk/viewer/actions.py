"""What a person orders about an image on its page: rollback to a step, discard, another run, a check of a step."""

from functools import partial
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.errors import ServiceError
from records.history import reproductions
from review.desk.web.errors import RequestError
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.work import decisions_of, in_thread, line_of, write
from tasks.context import Context
from tasks.registry import REPRODUCE_STEP, task_name

MAX_ID_DIGITS = 18
"""More would overflow the database's integer."""


async def roll_back(request: Request, form: FormData) -> Response:
    """Put an image back to what it was before a step; it is then flagged."""
    number, step = request.path_params["image"], field(form, "step")
    await in_thread(partial(decisions_of(request).rollback, number, step, person_of(request)))
    return _back(number)


async def discard(request: Request, form: FormData) -> Response:
    """Discard an image; a delivered file is deleted."""
    number = request.path_params["image"]
    await in_thread(partial(decisions_of(request).reject, number, person_of(request)))
    return _back(number)


async def process_again(request: Request, form: FormData) -> Response:
    """Process an image again; the result is shown to a person before it counts."""
    number = request.path_params["image"]
    await in_thread(partial(decisions_of(request).requeue, number, person_of(request), look=True))
    return _back(number)


async def reproduce(request: Request, form: FormData) -> Response:
    """Run a recorded step again on a worker, and compare the result with the record."""
    number, step = request.path_params["image"], field(form, "step")
    if not (step.isascii() and step.isdecimal() and len(step) <= MAX_ID_DIGITS):
        raise RequestError(HTTPStatus.BAD_REQUEST, "the form names no recorded step")
    person = person_of(request)
    ordered = partial(reproductions.order, image_id=number, step_id=int(step), person=person)
    order_id, transform = await write(request, ordered)
    await in_thread(partial(_send, line_of(request), transform, order_id))
    return _back(number)


def _send(line: Context, transform: str, order_id: int) -> None:
    """Send the task to the workers that run the transform.

    Raises:
        ServiceError: the broker cannot be reached. The order is then recorded as failed.
    """
    message = line.broker.app.signature(
        task_name(REPRODUCE_STEP),
        args=(order_id,),
        immutable=True,
        queue=line.declarations.get(transform).queue,
        argsrepr=f"order {order_id}",
    )
    try:
        line.broker.send([message])
    except ServiceError as error:
        line.database.transact(partial(reproductions.end, order_id=order_id, error=str(error)))
        raise


def _back(number: int) -> Response:
    return RedirectResponse(f"/images/{number}", HTTPStatus.SEE_OTHER)
