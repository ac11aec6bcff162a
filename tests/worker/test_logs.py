"""Logs as text and as JSON, with the fields of what is worked on."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from worker.logs import configure_logging, log_context

log = logging.getLogger("sluice.test")


@pytest.fixture(autouse=True)
def root_as_before() -> Iterator[None]:
    """Leave the root logger as pytest had it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


def written(form: str, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Where the logs go from now on."""
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    configure_logging("info", form)
    return stream


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_has_the_fields_of_its_record_and_of_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written("json", monkeypatch)
    with log_context(batch=3, shard=7):
        with log_context(step="erase_text"):
            log.warning("%d images flagged", 2, extra={"image": "a.jpg"})
        log.info("done")
    log.info("idle")
    first, second, third = lines(stream)
    assert first["message"] == "2 images flagged"
    assert (first["level"], first["logger"]) == ("WARNING", "sluice.test")
    assert {key: first[key] for key in ("batch", "shard", "step", "image")} == {
        "batch": 3,
        "shard": 7,
        "step": "erase_text",
        "image": "a.jpg",
    }
    assert (second["batch"], "step" in second) == (3, False)
    assert "batch" not in third


def test_a_field_of_the_line_itself_wins_over_the_context(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written("json", monkeypatch)
    with log_context(batch=3):
        log.info("done", extra={"batch": 4})
    assert lines(stream)[0]["batch"] == 4


def test_an_exception_stays_on_one_json_line(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written("json", monkeypatch)
    try:
        raise ValueError("two\nlines")
    except ValueError:
        log.exception("failed")
    (line,) = lines(stream)
    assert "ValueError" in line["exc_info"]


def test_text_is_one_line_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = written("text", monkeypatch)
    with log_context(batch=3):
        log.info("batch %d: done", 3)
    assert stream.getvalue().endswith("sluice.test: batch 3: done\n")
