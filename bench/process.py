"""The context of a benchmark's process, built from its environment, and what the processes that it started take."""

from functools import cache

import psutil

from line.settings import Settings, load_settings
from tasks.context import Context


@cache
def _context(settings: Settings) -> Context:
    return Context(settings)


def context() -> Context:
    """The context of this process, one for each set of settings."""
    return _context(load_settings())


def cpu_seconds_of_children() -> dict[int, float]:
    """CPU seconds so far of each process below this one that runs now, by its id."""
    seconds = {}
    for process in psutil.Process().children(recursive=True):
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        seconds[process.pid] = times.user + times.system
    return seconds
