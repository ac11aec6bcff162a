"""What commands print: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from line.states import ImageState

out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
"""Standard output; wide where no terminal sets a width, so that a log or a pipe gets whole words."""

err = Console(stderr=True, highlight=False)

COLOURS = {
    "delivered": "green",
    "flagged": "yellow",
    "rejected": "magenta",
    "discarded": "bright_black",
    "failed": "red",
    "held": "cyan",
}


def as_json(value: object) -> None:
    """One JSON document on standard output, and nothing else there."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def batch_table(report: Mapping[str, Any]) -> Table:
    """A batch as people read it."""
    table = Table(
        title=f"batch {report['batch']}: {report['vendor']}/{report['upload']}", title_justify="left"
    )
    table.add_column("state")
    table.add_column("images", justify="right")
    for state in ImageState:
        if count := report["by_state"][state.value]:
            colour = COLOURS.get(state.value, "white")
            table.add_row(f"[{colour}]{state.value}[/]", str(count))
    table.add_section()
    table.add_row("all", str(report["images"]))
    rate, judged = report["artifact_rate"], report["judged"]
    table.add_row("artifact rate", f"{rate:.1%} of {judged} judged")
    table.add_row("breaker", f"{report['breaker']} {report['halt_reason']}".strip())
    table.add_row("time", f"{report['seconds']:.1f} s, {report['images_per_second']:.2f} images/s")
    if report["watermark_rights"]:
        table.add_row("watermark rights", report["watermark_rights"])
    if report["cost"]:
        table.add_row("cost", f"{report['cost']:.4f}")
    return table


def rows(title: str, columns: Iterable[str], lines: Iterable[Iterable[Any]]) -> None:
    """A plain table on standard output."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, overflow="fold")
    for line in lines:
        table.add_row(*(str(cell) for cell in line))
    out.print(table)
