"""What the gates limit by default, for pages that name a limit beside a reading."""

from gates.contract import registry
from tasks.context import Context

Ends = tuple[float | None, float | None]
"""Minimum and maximum of a reading; None where that end is open."""


def gate_limits(context: Context) -> dict[str, dict[str, tuple[str, Ends]]]:
    """By transform and reading: the gate's name and its default limit."""
    limits: dict[str, dict[str, tuple[str, Ends]]] = {}
    for gate in registry().gates.values():
        for transform in gate.transforms:
            of_transform = limits.setdefault(transform, {})
            for reading, limit in gate.limits.items():
                of_transform[reading] = (gate.name, (limit.at_least, limit.at_most))
    return limits
