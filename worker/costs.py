"""What a second on a device costs, from the topology file."""

from functools import cache
from pathlib import Path

from worker.topology import load


@cache
def known_per_second(config: Path | None, device: str) -> float | None:
    """Cost of one second on ``device``, in the currency of ``[costs]`` (per hour there); None if it is not named.

    Args:
        config: the topology file; ``./sluice.toml`` where None.

    Raises:
        SettingsError: the file cannot be read or holds something unusable.
    """
    return load(config).price(device)


@cache
def per_second(config: Path | None, device: str) -> float:
    """As :func:`known_per_second`, 0 where no price is known."""
    return known_per_second(config, device) or 0.0
