import pytest

from review.cli.line import run


def test_a_signal_whose_exception_was_lost_ends_the_run_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    turns: list[int] = []
    asked: list[int] = []

    def tend() -> None:
        turns.append(1)
        if len(turns) == 2:
            asked.append(2)  # as the handler does, but nothing is raised

    monkeypatch.setattr(run, "_now", lambda batch_id: None)
    with pytest.raises(KeyboardInterrupt):
        run._follow(1, tend, asked)
    assert len(turns) == 2
