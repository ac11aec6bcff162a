"""What a step was judged by: each reading in words, with its limit in the same unit."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from records.history.image_history import RecordedRun
from review.desk.viewer.reading_words import words_of

Ends = tuple[float | None, float | None]
GateLimits = Mapping[str, Mapping[str, tuple[str, Ends]]]
"""By transform and reading: the gate's name and its default limit; see ``review.desk.drawing.limits``."""


@dataclass(frozen=True, slots=True)
class Measurement:
    """One reading of a step.

    Attributes:
        text: what was measured.
        value, limit: with their unit; ``limit`` is empty where the reading is only recorded.
        code: gate and reading, or the reading alone.
        is_broken: whether the value is outside the limit.
    """

    text: str
    value: str
    limit: str
    code: str
    is_broken: bool


def judged(run: RecordedRun, defaults: GateLimits) -> list[Measurement]:
    """The readings of a run that have a limit, broken ones first."""
    measurements = []
    for reading, (gate, default) in defaults.get(run.transform, {}).items():
        value = run.readings.get(reading)
        if reading not in run.readings:
            continue
        ends = _ends(run, reading, default)
        if ends == (None, None):
            continue
        words = words_of(reading)
        shown = "could not be measured" if _is_missing(value) else words.shown(float(value or 0))
        limit = _limit(ends, words.shown)
        code = f"{gate}.{reading}"
        measurements.append(Measurement(words.text, shown, limit, code, not _holds(value, ends)))
    return sorted(measurements, key=lambda each: (not each.is_broken, each.code))


def broken_limits(reasons: Sequence[Mapping[str, Any]]) -> list[str]:
    """The limits that an image broke, each as what was measured, its value and its limit; none of other reasons."""
    sentences = []
    for reason in reasons:
        code, limit = reason.get("code") or "", reason.get("limit")
        if "." not in code or not isinstance(limit, Mapping):
            continue
        words, value = words_of(code.rpartition(".")[2]), reason.get("value")
        shown = words.shown(float(value)) if isinstance(value, int | float) else "could not be measured"
        ends = (limit.get("at_least"), limit.get("at_most"))
        sentences.append(f"{words.text}: {shown}, must be {_limit(ends, words.shown)}")
    return sentences


def recorded_only(run: RecordedRun, defaults: GateLimits) -> list[Measurement]:
    """The other readings of a run."""
    limited = {each.code.rpartition(".")[2] for each in judged(run, defaults)}
    return [
        Measurement(
            words_of(reading).text,
            "–" if _is_missing(value) else words_of(reading).shown(float(value or 0)),
            "",
            reading,
            False,
        )
        for reading, value in sorted(run.readings.items())
        if reading not in limited
    ]


def _ends(run: RecordedRun, reading: str, default: Ends) -> Ends:
    """The limit that held: that of the recipe, else the gate's."""
    of_recipe = run.limits.get(reading)
    return (of_recipe.get("at_least"), of_recipe.get("at_most")) if of_recipe else default


def _limit(ends: Ends, shown: Callable[[float], str]) -> str:
    words = (("at least", ends[0]), ("at most", ends[1]))
    return " and ".join(f"{word} {shown(end)}" for word, end in words if end is not None)


def _holds(value: float | None, ends: Ends) -> bool:
    if _is_missing(value) or value is None:
        return False
    return (ends[0] is None or value >= ends[0]) and (ends[1] is None or value <= ends[1])


def _is_missing(value: float | None) -> bool:
    return value is None or isnan(value)
