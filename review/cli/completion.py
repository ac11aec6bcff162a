"""``sluice completion``: TAB completion for the shell."""

import click
from click.shell_completion import get_completion_class


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the completion script of SHELL; for bash: eval "$(sluice completion bash)"."""
    kind = get_completion_class(shell)
    root = context.find_root().command
    if kind is None:
        raise click.UsageError(f"there is no completion script for {shell}")
    click.echo(kind(root, {}, "sluice", "_SLUICE_COMPLETE").source())


COMMANDS = [completion]
