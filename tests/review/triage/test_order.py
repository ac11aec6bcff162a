"""The order in which triage offers changes that let the same images pass."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from review.triage import diagnosis
from review.triage.cases import Stop
from review.triage.changes import Change, Kind
from review.triage.diagnosis import Search
from review.triage.tried import Tried

SURE = Change(1, "find_text", Kind.PARAMETER, "sure", 0.05, 0.9)
UNSURE = Change(1, "find_text", Kind.PARAMETER, "unsure", 0.02, 0.6)
FILL = Change(2, "erase_text", Kind.OTHER_MODEL, "model", "surroundings", "telea")
LIMIT = Change(2, "erase_text", Kind.LIMIT, "limits.evidence", 0.9, 0.5)
ARTIFACT = Stop(2, "fill_evidence.evidence")
POLICY = Stop(1, "overlay_or_print", asks=True)

Answers = Callable[[frozenset[Change]], Stop | None]


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> Callable[[Answers], set[Change]]:
    """The changes that are offered for four images, of which all stop where ``answer`` says so."""

    def best(answer: Answers) -> set[Change]:
        def tried(self: Any, changes: tuple[Change, ...]) -> Tried:
            stop = answer(frozenset(changes))
            stops = () if stop is None else ((stop, 4),)
            return Tried(changes, self._recipe, 0 if stop else 4, 0 if stop else 4, 0, stops)

        monkeypatch.setattr(Search, "_try", tried)
        monkeypatch.setattr(Search, "_alone", lambda self: (SimpleNamespace(failed=4),))
        monkeypatch.setattr(diagnosis, "changes_of", lambda *given: [SURE, UNSURE, FILL, LIMIT])
        case: Any = SimpleNamespace(image=SimpleNamespace(position=2, reason=ARTIFACT.reason))
        context: Any = SimpleNamespace(settings=SimpleNamespace(device="cpu"))
        search = Search.__new__(Search)
        search._context, search._recipe, search._tell = context, SimpleNamespace(steps=[]), print  # type: ignore[assignment]
        search._failing, search._controls, search._returns = [case] * 4, [], ()
        diagnosed = search.diagnose().best
        return set(diagnosed.changes) if diagnosed else set()

    return best


def test_two_parameters_of_the_line_come_before_another_model(
    offered: Callable[[Answers], set[Change]],
) -> None:
    def answer(changes: frozenset[Change]) -> Stop | None:
        return None if FILL in changes or {SURE, UNSURE} <= changes else ARTIFACT

    assert offered(answer) == {SURE, UNSURE}


def test_a_parameter_of_the_line_that_lets_a_person_be_asked_comes_before_another_model(
    offered: Callable[[Answers], set[Change]],
) -> None:
    def answer(changes: frozenset[Change]) -> Stop | None:
        if FILL in changes:
            return None
        return POLICY if SURE in changes else ARTIFACT

    assert offered(answer) == {SURE}


def test_a_change_by_which_images_pass_comes_before_one_that_lets_a_person_be_asked(
    offered: Callable[[Answers], set[Change]],
) -> None:
    def answer(changes: frozenset[Change]) -> Stop | None:
        if LIMIT in changes:
            return None
        return POLICY if SURE in changes else ARTIFACT

    assert offered(answer) == {LIMIT}
