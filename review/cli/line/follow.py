"""Follows one batch on the terminal: a bar whose number, length and time left agree, and what waits."""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from line.errors import ServiceError
from line.states import SETTLED
from line.trouble import Trouble
from records.database import Database
from records.queries import reports
from review.cli import console

POLL_SECONDS = 0.2
SPEED_SECONDS = 180.0
"""Time over which the speed is averaged for the time left (s): large photos come minutes apart."""
TROUBLE_SECONDS = 2.0
"""Pause between two looks at the troubles (s)."""


def follow(
    database: Database, batch_id: int, tend: Callable[[], Mapping[str, str]], signals: Sequence[int]
) -> dict[str, Any]:
    """Show progress until the batch is done or halted and its manifest written; answers its report.

    Args:
        database: the records.
        tend: looks after the processes; answers a sentence about each that keeps dying.
        signals: filled by a handler.

    Raises:
        KeyboardInterrupt: there is one of ``signals``, also one whose own exception was lost: Python drops
            what is raised while a destructor or a weak reference's callback runs.
    """
    columns = (
        TextColumn("[progress.description]{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[summary]}"),
    )
    with Progress(
        *columns, console=console.err, transient=True, speed_estimate_period=SPEED_SECONDS
    ) as progress:
        bar = progress.add_task(f"batch {batch_id}", total=None, summary="")
        waiting = Waiting(database, progress.console.print)
        while True:
            if signals:
                raise KeyboardInterrupt
            failing = tend()
            now = _progress(database, batch_id)
            if now is not None:
                progress.update(bar, total=now.images, completed=now.advance, summary=_summary(now))
                if now.is_over:
                    break
            waiting.look(batch_id, failing, database_away=now is None)
            time.sleep(POLL_SECONDS)
    return database.transact(partial(reports.batch, batch_id=batch_id))


class Waiting:
    """Prints each trouble once as it comes, and once when it is over.

    Args:
        database: the records.
        show: prints a line of rich markup.
        pause: between two looks at the troubles (s).
    """

    def __init__(self, database: Database, show: Callable[..., None], pause: float = TROUBLE_SECONDS) -> None:
        self._database, self._show, self._pause = database, show, pause
        self._shown: dict[str, str] = {}
        self._looked_at = 0.0

    def look(self, batch_id: int, failing: Mapping[str, str], *, database_away: bool) -> None:
        """Look what waits, where that is due."""
        if time.monotonic() - self._looked_at < self._pause:
            return
        self._looked_at = time.monotonic()
        current = dict(failing)
        if database_away:
            current["Postgres"] = "does not answer; the batch goes on when it does"
        else:
            current |= {trouble.subject: trouble.sentence for trouble in self._troubles(batch_id)}
        for subject, sentence in current.items():
            if self._shown.get(subject) != sentence:
                self._show(
                    f"[yellow]{time.strftime('%H:%M:%S')} waits: {subject}: {sentence}[/]", soft_wrap=True
                )
        for subject in self._shown.keys() - current.keys():
            self._show(f"[green]{time.strftime('%H:%M:%S')} goes on: {subject}[/]", soft_wrap=True)
        self._shown = current

    def _troubles(self, batch_id: int) -> list[Trouble]:
        def read(connection: sa.Connection) -> list[Trouble]:
            return reports.troubles(connection, batch_id)

        try:
            current = self._database.transact(read, patience=0)
        except ServiceError:
            return []
        return [trouble for trouble in current if trouble.kind.concerns_batches]


def _progress(database: Database, batch_id: int) -> reports.Progress | None:
    """How far the batch is, or None while Postgres is away: it is tended in this very loop."""
    try:
        return database.transact(partial(reports.progress, batch_id=batch_id), patience=0)
    except ServiceError:
        return None


def _summary(now: reports.Progress) -> str:
    """The images by how they ended; the bar, its percentage and the time left count parts of images as well."""
    ended = [f"{now.counts[state.value]} {state}" for state in SETTLED if state in now.counts]
    under_way = now.images - sum(now.counts.get(state.value, 0) for state in SETTLED)
    return ", ".join([*ended, f"{under_way} under way"] if under_way else ended)
