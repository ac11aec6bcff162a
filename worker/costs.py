"""What a second on a device costs, from the topology file."""

from functools import cache

from line.settings import settings


@cache
def per_second(device: str) -> float:
    """Cost of one second on ``device``, in the currency of ``[costs]`` (per hour there)."""
    from worker.topology import load

    costs = load(settings().config).costs
    kind = device.partition(":")[0]
    return costs.get(device, costs.get(kind, 0.0)) / 3600
