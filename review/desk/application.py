"""The desk's URLs."""

from collections.abc import Sequence
from typing import ClassVar

from starlette.applications import Starlette
from starlette.convertors import Convertor, register_url_convertor
from starlette.middleware import Middleware
from starlette.middleware.authentication import AuthenticationMiddleware
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from review.desk import answers, batch_controls, cards, handlers, mask, templates, troubles, webhooks
from review.desk.drawing.pool import DrawingPool
from review.desk.grid import bulk
from review.desk.grid import handlers as grid
from review.desk.live import pages as live
from review.desk.live.feed import Feed
from review.desk.people import pages as people
from review.desk.people.gate import Gate
from review.desk.rollouts import overview as rollouts
from review.desk.rollouts import pairs
from review.desk.spot_checks import handlers as spot_checks
from review.desk.viewer import actions, page, tile_cache, tiles
from review.desk.viewer.tile_archive import TileArchives
from review.desk.web.errors import EXCEPTION_HANDLERS, ask_for_login
from review.desk.web.forms import TokenCookie, form_route
from review.desk.web.headers import RequestLimit, SecurityHeaders
from review.desk.web.login import DeskLogin
from review.desk.web.pages import STATIC
from tasks.context import Context

MAX_REQUEST_BYTES = 64 * 1024 * 1024
"""Maximum size of a request to a page: a mask that a person drew."""


class IdConvertor(Convertor[int]):
    """Ids in URLs; more digits would overflow the database's integer."""

    regex: ClassVar[str] = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


class Static(StaticFiles):
    """The desk's own files. A URL that contains a digest of the content never changes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        is_versioned = scope["query_string"].startswith(b"v=")
        response.headers["Cache-Control"] = "max-age=31536000, immutable" if is_versioned else "no-cache"
        return response


register_url_convertor("id", IdConvertor())

ROUTES: Sequence[BaseRoute] = (
    Route("/", live.overview),
    Route("/login", people.show_login),
    form_route("/login", people.log_in),
    form_route("/logout", people.log_out),
    Route("/readings", live.readings),
    Route("/events", live.events),
    form_route("/looking", live.looking),
    Route("/batches/{batch:id}", handlers.batch),
    form_route("/batches/{batch:id}/halt", batch_controls.halt),
    form_route("/batches/{batch:id}/resume", batch_controls.resume),
    form_route("/batches/{batch:id}/requeue", batch_controls.requeue),
    Route("/answers", answers.show),
    form_route("/undo", answers.undo),
    form_route("/answers/{decision:id}/undo", answers.undo_one),
    Route("/batches/{batch:id}/images", grid.of_batch),
    Route("/batches/{batch:id}/spot-checks", spot_checks.show),
    form_route("/batches/{batch:id}/spot-checks", spot_checks.start),
    form_route("/batches/{batch:id}/spot-checks/undo", spot_checks.undo),
    form_route("/batches/{batch:id}/spot-checks/controls", spot_checks.set_control),
    form_route("/spot-checks/{question:id}/answer", spot_checks.answer),
    Route("/spot-checks/{question:id}/{side}.jpg", spot_checks.picture),
    Route("/images", grid.show),
    form_route("/images/answers", bulk.answer),
    Route("/images/{image:id}/thumbnail.jpg", grid.thumbnail),
    Route("/images/{image:id}", page.show),
    Route("/images/{image:id}/view", page.view),
    Route("/images/{image:id}/file", tiles.delivered_file),
    Route("/images/{image:id}/pictures/{name}", tiles.describe),
    Route("/images/{image:id}/pictures/{name}/{level:id}/{column:id}-{row:id}", tiles.show_tile),
    form_route("/images/{image:id}/rollback", actions.roll_back),
    form_route("/images/{image:id}/discard", actions.discard),
    form_route("/images/{image:id}/again", actions.process_again),
    form_route("/images/{image:id}/reproduce", actions.reproduce),
    Route("/images/{image:id}/card", cards.card),
    form_route("/images/{image:id}/decision", handlers.decide),
    Route("/images/{image:id}/draw", mask.draw),
    form_route("/images/{image:id}/draw", mask.requeue_drawn),
    Route("/images/{image:id}/{name}.jpg", handlers.picture),
    form_route("/troubles/{trouble:id}/dismiss", troubles.dismiss),
    Route("/templates", templates.show),
    form_route("/templates/{template:id}", templates.answer),
    form_route("/templates/{template:id}/again", templates.search_again),
    Route("/templates/{template:id}.png", templates.picture),
    Route("/rollouts", rollouts.show),
    Route("/rollouts/start", rollouts.start_page),
    form_route("/rollouts/start", rollouts.start),
    form_route("/rollouts/{rollout:id}", rollouts.decide),
    Route("/rollouts/{rollout:id}/pairs", pairs.show),
    form_route("/rollouts/{rollout:id}/pairs/undo", pairs.undo),
    form_route("/rollouts/{rollout:id}/pairs/{image:id}", pairs.answer),
    Route("/rollouts/{rollout:id}/pairs/{image:id}/{name}.jpg", pairs.picture),
    Route("/webhooks", webhooks.show),
    form_route("/webhooks/{delivery:id}/resend", webhooks.resend),
)


def application(
    line: Context,
    drawing: DrawingPool,
    gate: Gate,
    *,
    feed: Feed | None = None,
    mounts: Sequence[BaseRoute] = (),
) -> Starlette:
    """The desk of a line as an ASGI application; every page requires a login.

    Args:
        feed: of the streams of open pages; opened on first use if None. Whoever gives it closes it.
        gate: decides who comes in.
        mounts: routes of other applications in the same server. They answer first, and check logins of their own.
    """
    pages = Starlette(
        routes=ROUTES,
        middleware=[
            Middleware(AuthenticationMiddleware, backend=DeskLogin(gate), on_error=ask_for_login),
            Middleware(TokenCookie),
            Middleware(RequestLimit, limit=MAX_REQUEST_BYTES),
        ],
        exception_handlers=EXCEPTION_HANDLERS,
    )
    pages.state.line, pages.state.drawing = line, drawing
    pages.state.feed = feed
    pages.state.tiles = TileArchives(line.settings.home_folder / tile_cache.FOLDER, drawing.cut_tiles)
    pages.state.gate = gate
    static = Mount("/static", Static(directory=STATIC))
    return Starlette(routes=[*mounts, static, Mount("/", pages)], middleware=[Middleware(SecurityHeaders)])
