"""The wait that the tests share: its deadline moves on as long as something moves."""

import time

import pytest

from tests.harness import waiting


def test_the_first_true_answer_is_returned() -> None:
    answers = iter(["", "", "ready"])
    assert waiting.until(lambda: next(answers), "it is ready") == "ready"


def test_without_progress_the_wait_ends_with_the_condition_and_the_details() -> None:
    with pytest.raises(AssertionError, match=r"no progress for 0\.05 s: it is ready\nthe log"):
        waiting.until(lambda: False, "it is ready", patience=0.05, details=lambda: "the log")


def test_progress_renews_the_deadline() -> None:
    steps: list[int] = []

    def is_done() -> bool:
        steps.append(1)
        return len(steps) > 8

    started = time.monotonic()
    assert waiting.until(is_done, "eight steps", patience=0.05, progress=lambda: len(steps))
    assert time.monotonic() - started > 0.05
