"""How often a process of the line writes that it lives, and how long that is believed."""

BEAT_SECONDS = 10.0
"""Seconds between two heartbeats of a worker or a scheduler."""
STALE_SECONDS = 30
"""Seconds without a heartbeat after which a process no longer counts as live."""
