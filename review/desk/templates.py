"""Vendor templates: overlays that recur on a vendor's photos, shown to a person who confirms or dismisses them."""

from functools import partial
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.states import TemplateState
from records import templates
from records.queries import rescans
from review.desk.web.errors import RequestError
from review.desk.web.forms import field
from review.desk.web.login import person_of
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, in_thread, line_of, read, write
from tasks.registry import RESCAN_TEMPLATE, task_name
from worker.broker import Broker
from worker.queues import Queue

ANSWERS = {"confirm": TemplateState.CONFIRMED, "dismiss": TemplateState.DISMISSED}
DISPLAY_ORDER = [TemplateState.PROPOSED, TemplateState.CONFIRMED, TemplateState.DISMISSED]


async def show(request: Request) -> Response:
    """All templates, undecided ones first."""
    listed = await read(request, templates.listed)
    newest = await read(request, rescans.newest)
    return render(
        request,
        "templates.html",
        templates=sorted(listed, key=lambda template: DISPLAY_ORDER.index(template["state"])),
        rescans=newest,
        is_searching=any(not rescan.is_over for rescan in newest.values()),
    )


async def answer(request: Request, form: FormData) -> Response:
    """A person's decision on a template."""
    state = ANSWERS.get(field(form, "answer"))
    if state is None:
        raise RequestError(HTTPStatus.BAD_REQUEST, "the answer must be confirm or dismiss")
    number, person = request.path_params["template"], person_of(request)
    await write(request, partial(templates.decide, template_id=number, state=state, actor=person))
    return RedirectResponse("/templates", HTTPStatus.SEE_OTHER)


async def search_again(request: Request, form: FormData) -> Response:
    """Start the search for photos that still have a confirmed template."""
    number = request.path_params["template"]
    template = await read(request, partial(_template, template_id=number))
    if template is None or template["state"] != TemplateState.CONFIRMED:
        raise RequestError(HTTPStatus.CONFLICT, f"template {number} is not confirmed")
    ordered = partial(rescans.request, template_id=number, person=person_of(request))
    if await write(request, ordered):
        await in_thread(partial(_send, line_of(request).broker, number))
    return RedirectResponse(f"/templates#template-{number}", HTTPStatus.SEE_OTHER)


async def picture(request: Request) -> Response:
    """A template on up to three photos, with what would be erased below each, as PNG."""
    number = request.path_params["template"]
    template = await read(request, partial(_template, template_id=number))
    if template is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no template {number}")
    return Response(await drawing_of(request).template(template["examples"]), media_type="image/png")


def _template(connection: sa.Connection, template_id: int) -> dict[str, Any] | None:
    return next(iter(templates.listed(connection, ids=[template_id])), None)


def _send(broker: Broker, template_id: int) -> None:
    """Send the task to the workers that find text.

    Raises:
        ServiceError: the broker cannot be reached.
    """
    message = broker.app.signature(
        task_name(RESCAN_TEMPLATE),
        args=(template_id,),
        immutable=True,
        queue=Queue.FIND_TEXT.value,
        argsrepr=f"template {template_id}",
    )
    broker.send([message])
