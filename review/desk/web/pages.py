"""Pages from Jinja2 templates, which escape all values."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup
from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, Response

HERE = Path(__file__).parents[1]
PAGES, STATIC = HERE / "pages", HERE / "static"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(PAGES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static_url"] = static_url
    return environment


@cache
def static_url(name: str) -> str:
    """URL of a file below ``static/``; it contains a digest of the content, so that a new version is loaded."""
    return f"/static/{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


def render(
    request: HTTPConnection,
    name: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    """The page ``name`` with ``values``, the logged-in ``person``, and ``xsrf_field`` for its forms."""
    user = request.scope.get("user")
    token = Markup('<input type="hidden" name="_xsrf" value="{}">').format(
        request.scope.get("state", {}).get("token", "")
    )
    shared = {
        "person": user.display_name if user else "",
        "has_session": user is not None and "session" in request.auth.scopes,
        "xsrf_field": token,
    }
    return HTMLResponse(html_of(name, {**shared, **values}), status, headers)


def html_of(name: str, values: Mapping[str, Any]) -> str:
    """The template ``name`` with ``values``."""
    return _environment().get_template(name).render(values)
