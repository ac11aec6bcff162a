"""The overview, all readings, and the stream that keeps open pages up to date."""

import time
from collections.abc import AsyncIterator
from functools import partial
from http import HTTPStatus
from typing import Final, cast

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from review.desk.live import view
from review.desk.live.feed import Feed, Subscription, message
from review.desk.web.errors import RequestError
from review.desk.web.forms import field, token_field
from review.desk.web.pages import render
from review.desk.web.work import in_thread, line_of
from stack import connection
from tasks.context import Context

QUIET_SECONDS: Final = 15.0
"""Maximum pause between two lines of a stream (s): a proxy closes what stays silent, and a page notices a silence."""
STREAM_SECONDS: Final = 600.0
"""Length of a stream (s); the page opens the next one, for which its login is checked again."""


async def overview(request: Request) -> Response:
    """The whole line at this moment."""
    look = await in_thread(feed_of(request).reader.look)
    own_field = token_field(request)
    parts = {name: view.for_person(html, own_field) for name, html in view.parts(look).items()}
    return render(request, "overview.html", parts=parts, flower=await in_thread(partial(_flower, request)))


async def readings(request: Request) -> Response:
    """The histograms of every reading."""
    look = await in_thread(feed_of(request).reader.look)
    return render(request, "readings.html", histograms=Markup(view.all_readings(look)))


async def events(request: Request) -> Response:
    """A stream of server-sent events: parts of the overview, batches that moved, and who looks at what."""
    feed = feed_of(request)
    subscription = feed.subscribe(request.user.display_name)
    headers = {"X-Accel-Buffering": "no"}  # nginx would hold the events back
    return StreamingResponse(_stream(feed, subscription), media_type="text/event-stream", headers=headers)


async def looking(request: Request, form: FormData) -> Response:
    """Note which image a page shows; 0 for none."""
    image = field(form, "image")
    if not (image.isascii() and image.isdecimal() and len(image) <= 18):
        raise RequestError(HTTPStatus.BAD_REQUEST, "image must be an image number")
    feed_of(request).looks_at(request.user.display_name, int(image) or None)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def new_feed(line: Context) -> Feed:
    """A feed of the line's overview."""
    return Feed(line.database, view.parts)


def feed_of(request: Request) -> Feed:
    """What feeds the streams of this desk."""
    state = request.app.state
    if state.feed is None:
        state.feed = new_feed(line_of(request))
    return cast(Feed, state.feed)


async def _stream(feed: Feed, subscription: Subscription) -> AsyncIterator[str]:
    ends_at = time.monotonic() + STREAM_SECONDS
    try:
        yield "retry: 1000\n" + message("hello", feed.started_at)
        while not subscription.is_over and time.monotonic() < ends_at:
            messages = await subscription.next(QUIET_SECONDS)
            yield "".join(messages) if messages else message("quiet", {})
    finally:
        feed.unsubscribe(subscription)


def _flower(request: Request) -> str:
    """Address of the Flower that ``sluice up`` started; empty if there is none."""
    settings = line_of(request).settings
    if settings.flower_url:
        return settings.flower_url
    stack = connection.running(settings.home_folder)
    return stack.flower_url if stack else ""
