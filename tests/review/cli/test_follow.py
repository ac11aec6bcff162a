from typing import Any, cast

import pytest

from line.errors import ServiceError
from records.database import Database
from review.cli.line.follow import Waiting, follow


class Away:
    """A database that cannot be reached."""

    def transact(self, work: Any, **_: Any) -> Any:
        raise ServiceError("Postgres cannot be reached")


class Quiet:
    """A database without troubles."""

    def transact(self, work: Any, **_: Any) -> Any:
        return []


def test_a_signal_whose_exception_was_lost_ends_the_run_all_the_same() -> None:
    turns: list[int] = []
    signals: list[int] = []

    def tend() -> dict[str, str]:
        turns.append(1)
        if len(turns) == 2:
            signals.append(2)  # as the handler does, but nothing is raised
        return {}

    with pytest.raises(KeyboardInterrupt):
        follow(cast(Database, Away()), 1, tend, signals)
    assert len(turns) == 2


def test_what_waits_is_shown_once_and_once_more_when_it_goes_on() -> None:
    lines: list[str] = []
    waiting = Waiting(cast(Database, Quiet()), lambda line, **_: lines.append(line), pause=0.0)
    waiting.look(1, {}, database_away=True)
    waiting.look(1, {}, database_away=True)
    waiting.look(1, {"desk": "keeps dying"}, database_away=False)
    assert len(lines) == 3
    assert "waits: Postgres: does not answer" in lines[0]
    assert "waits: desk: keeps dying" in lines[1]
    assert "goes on: Postgres" in lines[2]
