"""The context of a benchmark's process, built from its environment."""

from functools import cache

from line.settings import Settings, load_settings
from tasks.context import Context


@cache
def _context(settings: Settings) -> Context:
    return Context(settings)


def context() -> Context:
    """The context of this process, one for each set of settings."""
    return _context(load_settings())
