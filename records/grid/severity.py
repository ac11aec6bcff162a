"""How far a flagged image is beyond the limit that it broke. Pure."""

import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

MAX_SEVERITY: Final = 1000.0
"""Maximum severity: that of a reading which is no number, or whose limit is 0."""


def severity(limits: Iterable[Mapping[str, Any]]) -> float:
    """The largest distance of a reading from its limit, as a share of the limit; 0 where no limit was broken.

    1 means twice the maximum, or nothing of the minimum.

    Args:
        limits: as ``steps.reasons`` holds them: ``value``, and ``limit`` with ``at_most`` or ``at_least``.
    """
    return max(map(_beyond, limits), default=0.0)


def _beyond(broken: Mapping[str, Any]) -> float:
    limit, value = broken.get("limit"), broken.get("value")
    if not isinstance(limit, Mapping):
        return 0.0
    if value is None or math.isnan(value):
        return MAX_SEVERITY
    ends = [limit[name] for name in ("at_most", "at_least") if limit.get(name) is not None]
    return max((_share(value, end) for end in ends if _is_broken(value, limit, end)), default=0.0)


def _is_broken(value: float, limit: Mapping[str, Any], end: float) -> bool:
    return value > end if end == limit.get("at_most") else value < end


def _share(value: float, end: float) -> float:
    return min(MAX_SEVERITY, abs(value - end) / abs(end)) if end else MAX_SEVERITY
