"""What a person orders about an image on its page: rollback to a step, discard, another run."""

from functools import partial
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.work import decisions_of, in_thread


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


def _back(number: int) -> Response:
    return RedirectResponse(f"/images/{number}", HTTPStatus.SEE_OTHER)
