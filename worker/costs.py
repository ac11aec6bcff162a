"""What a second on a device costs, from the topology file."""

from functools import cache
from pathlib import Path

from worker.topology import load


@cache
def per_second(config: Path | None, device: str) -> float:
    """Cost of one second on ``device``, in the currency of ``[costs]`` (per hour there).

    Args:
        config: the topology file; ``./sluice.toml`` where None.

    Raises:
        SettingsError: the file cannot be read or holds something unusable.
    """
    costs = load(config).costs
    kind = device.partition(":")[0]
    return costs.get(device, costs.get(kind, 0.0)) / 3600
