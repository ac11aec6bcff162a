"""The grid's URL: it holds the filter, the order and the place of a page."""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from line.states import ImageState
from records.grid.filters import Filter, Order
from records.grid.listing import Place
from review.desk.web.errors import RequestError

MAX_TEXT = 300
"""Maximum length of a text field (characters)."""
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)


def parse(query: Mapping[str, str]) -> Filter:
    """The filter in a query; fields that are absent or empty do not restrict it.

    Raises:
        RequestError: a field has no such value.
    """
    state = _state(query.get("state", ""))
    order = query.get("sort") or (Order.SEVERITY if state is ImageState.FLAGGED else Order.UPLOAD)
    if order not in [each.value for each in Order]:
        raise _bad("sort", "severity, name or upload")
    return Filter(
        batch=_number(query, "batch"),
        vendor=_text(query, "vendor"),
        state=state,
        reason=_text(query, "reason"),
        template=_number(query, "template"),
        name=_text(query, "name"),
        reading=_text(query, "reading"),
        low=_float(query, "min"),
        high=_float(query, "max"),
        order=Order(order),
    )


def query_of(chosen: Filter, **more: str) -> str:
    """The query that :func:`parse` reads as ``chosen``, with more fields."""
    fields = {
        "batch": chosen.batch,
        "vendor": chosen.vendor,
        "state": chosen.state.value if chosen.state else "",
        "reason": chosen.reason,
        "template": chosen.template,
        "name": chosen.name,
        "reading": chosen.reading,
        "min": chosen.low,
        "max": chosen.high,
        "sort": chosen.order.value,
    }
    return urlencode({name: value for name, value in (fields | more).items() if value not in (None, "")})


def place(query: Mapping[str, str]) -> Place | None:
    """Where the page begins; None for the first one.

    Raises:
        RequestError: ``after`` is not of :func:`after`.
    """
    if not (text := query.get("after", "")):
        return None
    try:
        batch, number, name, severity = json.loads(base64.urlsafe_b64decode(text))
        return Place(int(batch), int(number), str(name), float(severity))
    except (binascii.Error, ValueError, TypeError):
        raise _bad("after", "what a page's link to the next one holds") from None


def after(end: Place) -> str:
    """The field ``after`` of the page that follows ``end``."""
    text = json.dumps([end.batch, end.id, end.name, end.severity])
    return base64.urlsafe_b64encode(text.encode()).decode()


def _state(value: str) -> ImageState | None:
    if value and value not in [state.value for state in ImageState]:
        raise _bad("state", ", ".join(state.value for state in ImageState))
    return ImageState(value) if value else None


def _number(query: Mapping[str, str], name: str) -> int | None:
    value = query.get(name, "").strip()
    if value and not _NUMBER.fullmatch(value):
        raise _bad(name, "a number")
    return int(value) if value else None


def _float(query: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(query[name]) if query.get(name, "").strip() else None
    except ValueError:
        raise _bad(name, "a number") from None
    if value is not None and math.isnan(value):
        raise _bad(name, "a number")
    return value


def _text(query: Mapping[str, Any], name: str) -> str:
    value = str(query.get(name, "")).strip()
    if len(value) > MAX_TEXT or "\0" in value:
        raise _bad(name, f"text of at most {MAX_TEXT} characters")
    return value


def _bad(name: str, expected: str) -> RequestError:
    return RequestError(HTTPStatus.BAD_REQUEST, f"{name} must be {expected}")
