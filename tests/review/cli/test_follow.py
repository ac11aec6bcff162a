import pytest

from review.cli.line import follow as following
from review.cli.line.follow import Waiting, follow


def test_a_signal_whose_exception_was_lost_ends_the_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    signals: list[int] = []

    def tend() -> dict[str, str]:
        turns.append(1)
        if len(turns) == 2:
            signals.append(2)  # as the handler does, but nothing is raised
        return {}

    monkeypatch.setattr(following, "_progress", lambda batch_id: None)
    with pytest.raises(KeyboardInterrupt):
        follow(1, tend, signals)
    assert len(turns) == 2


def test_what_waits_is_shown_once_and_once_more_when_it_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[str] = []
    monkeypatch.setattr(following, "TROUBLE_SECONDS", 0.0)
    monkeypatch.setattr(following, "_troubles", lambda batch_id: [])
    waiting = Waiting(lambda line, **_: lines.append(line))
    waiting.look(1, {}, database_away=True)
    waiting.look(1, {}, database_away=True)
    waiting.look(1, {"desk": "keeps dying"}, database_away=False)
    assert len(lines) == 3
    assert "waits: Postgres: does not answer" in lines[0]
    assert "waits: desk: keeps dying" in lines[1]
    assert "goes on: Postgres" in lines[2]
