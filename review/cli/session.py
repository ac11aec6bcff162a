"""What one call of the ``sluice`` command works with: built here once, and passed to the command."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pathlib import Path

    from imaging.codec import Codec
    from line.recipe import Recipe
    from line.settings import Settings
    from models.contract import ModelRegistry
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

    @property
    def has_records(self) -> bool:
        """Whether the settings name records, or the state folder has some."""
        return self.settings.database_url is not None or (self.home / "postgres").exists()

    @contextmanager
    def line(self) -> Iterator["Context"]:
        """The line that is up or that the settings name; at least its records, if neither is."""
        from stack.connection import reachable
        from tasks.context import Context

        with reachable(self.settings) as settings, Context(settings) as context:
            yield context

    def recipe(self, context: "Context", name_or_path: str) -> "Recipe":
        """A checked recipe with the models that its slots hold; the records are opened only where it has slots.

        Raises:
            InputError: something in it is wrong, or a slot is empty.
        """
        recipe = context.recipe(name_or_path)
        if all(step.unfilled_slot is None for step in recipe.steps):
            return recipe
        with self.line() as line:
            return line.resolved(recipe)

    @property
    def models(self) -> "ModelRegistry":
        """The models there are, those of plug-ins too."""
        from tasks.context import Context

        return Context(self.settings).model_registry

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
