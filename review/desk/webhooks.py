"""Webhooks on the desk: their newest deliveries, and a button that sends one again."""

from functools import partial
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from records.webhooks import deliveries, events
from review.desk.web.pages import render
from review.desk.web.work import read, write

MAX_DELIVERIES = 100
"""Maximum number of deliveries that the page shows, the newest."""


async def show(request: Request) -> Response:
    """The webhooks, and what became of their newest messages. Neither secrets nor paths of URLs are shown."""
    listed = await read(request, events.listed)
    log = await read(request, partial(deliveries.log, limit=MAX_DELIVERIES))
    return render(request, "webhooks.html", webhooks=listed, log=log, without_path=events.without_path)


async def resend(request: Request, form: FormData) -> Response:
    """Send a delivery again now."""
    await write(request, partial(deliveries.resend, delivery_id=request.path_params["delivery"]))
    return RedirectResponse("/webhooks", HTTPStatus.SEE_OTHER)
