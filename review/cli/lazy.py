"""A click group whose commands are imported when they are called, so that the command answers at once.

The table of verbs holds what the list of commands shows. A command's module is imported when it is called, when its
own help is asked for, and when the TAB key is pressed behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click
from click.shell_completion import CompletionItem


@dataclass(frozen=True, slots=True)
class Verb:
    """One command of the group.

    Attributes:
        module: where it is; the command bears the verb's name there, with ``_`` for ``-``.
        summary: the first sentence of its help.
    """

    module: str
    summary: str


class LazyGroup(click.Group):
    """Commands by name, each imported on first use."""

    def __init__(self, *args: Any, verbs: Mapping[str, Verb], **options: Any) -> None:
        super().__init__(*args, **options)
        self.verbs = verbs

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.verbs)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return self.load(cmd_name) if cmd_name in self.verbs else None

    def load(self, name: str) -> click.Command:
        """The command of that name, imported."""
        command: click.Command = getattr(import_module(self.verbs[name].module), name.replace("-", "_"))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, self.verbs[name].summary) for name in self.list_commands(ctx)])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        if incomplete.startswith("-"):
            return super().shell_complete(ctx, incomplete)
        return [
            CompletionItem(name, help=self.verbs[name].summary)
            for name in self.list_commands(ctx)
            if name.startswith(incomplete)
        ]
