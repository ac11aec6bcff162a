"""What a second on a device costs, from the topology file."""

from functools import cache
from pathlib import Path

from worker.topology import load


@cache
def price_per_second(config: Path | None, device: str) -> float | None:
    """Cost of one second on ``device``, in the currency of ``[costs]``; None where that has no price for the device.

    Args:
        config: the topology file; ``./sluice.toml`` where None.

    Raises:
        SettingsError: the file cannot be read or holds something unusable.
    """
    return load(config).price(device)


@cache
def per_second(config: Path | None, device: str) -> float:
    """As :func:`price_per_second`, 0 without a price."""
    return price_per_second(config, device) or 0.0
