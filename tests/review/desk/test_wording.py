"""The desk has plain words for whatever an image can be flagged for."""

import pytest

from gates.contract import registry
from review.desk.choices import TEXT_QUESTIONS
from review.desk.wording import GATES, REASONS, in_words


@pytest.mark.parametrize("gate", sorted(registry().gates))
def test_every_gate_has_plain_words(gate: str) -> None:
    assert in_words(f"{gate}.reading") == GATES[gate]


@pytest.mark.parametrize("reason", sorted(TEXT_QUESTIONS))
def test_every_question_about_text_has_plain_words(reason: str) -> None:
    assert in_words(reason) == REASONS[reason]


def test_an_unlisted_code_is_shown_as_words() -> None:
    assert in_words("my_gate.value") == "My gate"
