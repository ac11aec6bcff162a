"""The overview's parts as HTML, the same for everybody, and the words of their figures."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

from markupsafe import Markup

from records.live.line_state import Account
from records.metrics.batch_minutes import Advance
from review.desk.live.reader import Look
from review.desk.live.readings import Bar, Histogram
from review.desk.troubles import shown
from review.desk.viewer.reading_words import words_of
from review.desk.web.pages import html_of
from review.desk.wording import GATES, in_words

PARTS: Final = ("waiting", "review", "batches", "queues", "budgets", "readings")
"""Names of the parts, in their order on the page; each is a template below ``pages/live``."""
TOKEN_FIELD: Final = Markup('<input type="hidden" name="_xsrf" value="">')
"""Stands for a person's own token, so that all pages can share one rendering."""
SHOWN_HISTOGRAMS: Final = 6
"""Histograms that are shown on the overview itself."""
STATES: Final = {"probing": "testing a few images", "halted": "halted", "running": "running", "done": "done"}
BREAKERS: Final = {"closed": "closed", "tripped": "tripped", "probing": "closes if the test is good"}


def parts(look: Look) -> dict[str, str]:
    """HTML of each part by its name."""
    values = {**_FUNCTIONS, "line": look.line, "overview": look.line.overview, "xsrf_field": TOKEN_FIELD}
    values["waiting"] = shown(look.line.overview.waiting)
    values["histograms"] = look.histograms[:SHOWN_HISTOGRAMS]
    values["has_more_histograms"] = len(look.histograms) > SHOWN_HISTOGRAMS
    return {name: html_of(f"live/{name}.html", values) for name in PARTS}


def all_readings(look: Look) -> str:
    """HTML of the histograms of every reading."""
    return html_of(
        "live/readings.html", {**_FUNCTIONS, "histograms": look.histograms, "has_more_histograms": False}
    )


def for_person(html: str, xsrf_field: Markup) -> Markup:
    """A part with a person's own token in its forms."""
    return Markup(html.replace(TOKEN_FIELD, xsrf_field))


def duration(seconds: float | None) -> str:
    """A length of time in words, as exact as it is of use."""
    if seconds is None:
        return "unknown"
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h" if seconds < 36 * 3600 else f"{seconds / 86400:.1f} days"


def silence(seconds: float) -> str:
    """How long ago a heartbeat came; not to the second, so that it does not change with each of them."""
    return "just now" if seconds < 15 else f"{duration(15 * (seconds // 15))} ago"


def megabytes(size: int | None) -> str:
    """A size in memory, in MB or GB."""
    if size is None:
        return "not measured"
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"


def rate(images_per_second: float) -> str:
    """A throughput per second, minute or hour, whichever is a number that one can grasp."""
    for unit, factor in (("s", 1), ("min", 60), ("h", 3600)):
        if images_per_second * factor >= 1:
            return f"{images_per_second * factor:.1f} / {unit}"
    return "none at present" if images_per_second == 0 else f"{images_per_second * 3600:.1f} / h"


def share_spent(account: Account) -> tuple[float, float]:
    """Percent of a budget that is spent, and that is reserved besides."""
    spent = min(100.0, 100 * account.spent / account.ceiling) if account.ceiling else 100.0
    reserved = 100 * account.reserved / account.ceiling if account.ceiling else 0.0
    return round(spent, 1), round(min(100 - spent, reserved), 1)


def account_words(account: Account) -> str:
    """Whose budget it is."""
    key = account.key
    words = {"batch": f"batch {key}", "month": f"all of {key}"}
    return words.get(account.scope, f"{key.rpartition(' ')[0]} in {key.rpartition(' ')[2]}")


def heights(values: Sequence[float], scale: float) -> list[float]:
    """Heights of bars in a chart that is 100 high; what is above zero is never invisible."""
    return [
        max(4.0, min(100.0, round(100 * value / scale, 1))) if value and scale else 0.0 for value in values
    ]


def artifact_rates(chart: Sequence[Advance]) -> list[float]:
    """Artifacts / judged images of each part; 0 where none was judged."""
    return [part.artifacts / part.judged if part.judged else 0.0 for part in chart]


def bar_words(bar: Bar) -> str:
    """The range and the number of images of a bar."""
    low, high = (None if edge is None else f"{edge:g}" for edge in (bar.at_least, bar.below))
    bounded = f"{low} or more" if high is None else f"{low} to {high}"
    where = f"below {high}" if low is None else bounded
    return f"{where}: {bar.images} image{'s' if bar.images != 1 else ''}"


def bar_url(reading: str, bar: Bar) -> str:
    """The pictures of a bar, in the grid."""
    chosen: dict[str, str] = {}
    if bar.at_least is not None:
        chosen["min"] = repr(bar.at_least)
    if bar.below is not None:
        chosen["max"] = repr(math.nextafter(bar.below, -math.inf))  # the grid includes both ends
    return "/images?" + urlencode({"reading": reading, **chosen})


def limit_words(histogram: Histogram) -> str:
    """The limit that was broken last, in words; empty where none was."""
    words = {"at_most": "may be at most", "at_least": "must be at least"}
    return " and ".join(f"{words[end]} {bound:g}" for end, bound in histogram.limit.items() if end in words)


def reading_words(name: str) -> str:
    """What a reading measures, in words."""
    return words_of(name).text


_FUNCTIONS: Final[Mapping[str, Any]] = {
    "account_words": account_words,
    "artifact_rates": artifact_rates,
    "bar_url": bar_url,
    "bar_words": bar_words,
    "breakers": BREAKERS,
    "duration": duration,
    "gates": GATES,
    "heights": heights,
    "in_words": in_words,
    "limit_words": limit_words,
    "megabytes": megabytes,
    "rate": rate,
    "reading_words": reading_words,
    "share_spent": share_spent,
    "silence": silence,
    "states": STATES,
}
