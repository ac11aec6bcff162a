"""Output of the commands: results on standard output, everything else on standard error."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from line.states import ImageState

out = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
"""Standard output; 160 columns if it is not a terminal, so that words in a log or a pipe are not broken."""

err = Console(stderr=True, highlight=False)

GAP = 2
"""Space between two columns (characters)."""

COLOURS = {
    "delivered": "green",
    "flagged": "yellow",
    "rejected": "magenta",
    "discarded": "bright_black",
    "failed": "red",
    "held": "cyan",
}


def as_json(value: object) -> None:
    """Print ``value`` as one JSON document on standard output."""
    click.echo(json.dumps(value, ensure_ascii=False, default=str))


def batch_table(report: Mapping[str, Any]) -> Table:
    """A batch as people read it."""
    table = _table(f"batch {report['batch']}: {report['vendor']}/{report['upload']}")
    table.add_column("state")
    table.add_column("images", justify="right")
    for state in ImageState:
        if count := report["by_state"][state.value]:
            colour = COLOURS.get(state.value, "white")
            table.add_row(f"[{colour}]{state.value}[/]", str(count))
    table.add_section()
    table.add_row("all", str(report["images"]))
    rate, judged = report["artifact_rate"], report["judged"]
    if report["other_files"]:
        table.add_row("other files", f"{report['other_files']} (no pictures)")
    table.add_row("artifact rate", f"{rate:.1%} of {judged} judged" if judged else "-")
    table.add_row("breaker", report["breaker"])
    if report["halt_reason"]:
        table.add_row("halted", report["halt_reason"])
    table.add_row("taken", f"{report['taken_at'].astimezone():%Y-%m-%d %H:%M:%S}")
    if report["finished_at"]:
        table.add_row("finished", f"{report['finished_at'].astimezone():%Y-%m-%d %H:%M:%S}")
    else:
        table.add_row("time", f"{report['seconds']:.1f} s, {report['images_per_second']:.2f} images/s")
    if report["watermark_rights"]:
        table.add_row("watermark rights", report["watermark_rights"])
    if report["cost"]:
        table.add_row("cost", f"{report['cost']:.4f}")
    for transform, cost in report.get("cost_per_thousand", {}).items():
        table.add_row(f"  {transform}", f"{cost:.3f} per thousand")
    for account in report.get("budget", []):
        table.add_row(f"budget, {account['scope']}", budget_line(account))
    return table


def budget_line(account: Mapping[str, Any]) -> str:
    """An account as people read it."""
    shares = " | ".join(f"{account[name]:.4f} {name}" for name in ("spent", "reserved", "left"))
    return f"{shares} of {account['ceiling']:.4f}"


def rows(title: str, columns: Sequence[str], lines: Iterable[Iterable[Any]]) -> None:
    """A plain table on standard output; where the terminal is narrow, sentences break before words do."""
    table, cells = _table(title), [[str(cell) for cell in line] for line in lines]
    for column, width in zip(columns, _widths([columns, *cells]), strict=True):
        table.add_column(column, overflow="fold", width=width)
    for line in cells:
        table.add_row(*line)
    out.print(table)


def _widths(lines: Sequence[Sequence[str]]) -> list[int]:
    """Characters of each column, within the terminal's: sentences give way first, then the longest words."""
    columns = list(zip(*lines, strict=True))
    widths = [max(len(part) for cell in column for part in cell.split("\n")) for column in columns]
    words = [max((len(word) for cell in column for word in cell.split()), default=1) for column in columns]
    while sum(widths) + GAP * len(widths) > out.width and max(widths) > 1:
        spare = [width - word for width, word in zip(widths, words, strict=True)]
        widths[spare.index(max(spare)) if max(spare) > 0 else widths.index(max(widths))] -= 1
    return widths


def _table(title: str) -> Table:
    """An empty table without upright lines: on 80 columns its words need the room."""
    return Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, padding=(0, GAP - 1, 0, 0)
    )
