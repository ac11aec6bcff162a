"""What one call of the ``sluice`` command works with: built here once, and passed to the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from imaging.codec import Codec
    from line.settings import Settings
    from tasks.context import Context


class Session:
    """Settings, and the way to the line; each is opened on first use, so that ``--help`` answers at once."""

    @cached_property
    def settings(self) -> "Settings":
        from line.settings import load_settings

        return load_settings()

    @property
    def home(self) -> "Path":
        """The state folder."""
        return self.settings.home_folder

    @contextmanager
    def line(self) -> Iterator["Context"]:
        """The line that is up or that the settings name; at least its records, if neither is."""
        from stack.connection import reachable
        from tasks.context import Context

        with reachable(self.settings) as settings, Context(settings) as context:
            yield context

    @cached_property
    def codec(self) -> "Codec":
        """Opens photos."""
        from imaging.codec import Codec

        return Codec.of(self.settings)

    def pinned(self) -> "Context":
        """A context without records for a command that computes: the process is pinned to its device first."""
        from worker.device import pin

        pin(self.settings.device)
        from tasks.context import Context

        return Context(self.settings)


pass_session = click.make_pass_decorator(Session, ensure=True)
"""Passes the session as first argument."""
