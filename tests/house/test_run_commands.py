"""The ``sluice`` commands that the README, the docs and docstrings show are carried out as they are written there.

One line with a batch of twenty flagged images and three vendor templates stands for the one that the reader has. What
such a line cannot carry out is listed with the reason, and only parsed (``test_shown_commands.py``).
"""

import os
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from records import templates
from records.templates import Proposal
from tests.harness import doubts
from tests.harness.command import call
from tests.harness.context import bucket, transact
from tests.harness.line import Line, line, photos
from tests.harness.project.shown import Shown, shown
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.slow]

ONLY_PARSED = {
    "sluice run ": "starts workers: tests/review/cli/line/test_run.py runs it on a line of its own",
    "sluice up": "stays on, or starts workers: tests/review/cli/line/test_run.py and tests/stack run it",
    "sluice triage ": "needs steps that a worker ran: tests/faults/test_triage.py has some",
    "sluice resume 1 --as ": "needs what triage recorded: tests/faults/test_triage.py has it",
    "sluice reproduce ": "needs a step that a worker ran: tests/review/cli/quality/test_reproduce.py has one",
    "sluice slots set upscaler back_projection ": "needs a match: tests/review/cli/quality/test_slots.py has one",
    "sluice slots revert ": "needs a switch: tests/review/cli/quality/test_slots.py has one",
    "sluice rollout start ": "needs a candidate with its weights: tests/review/cli/line/test_rollout.py has one",
    "sluice models pull ": "fetches from the network: tests/models/weights has servers for it",
    "sluice models add ": "needs a network's file, which torch writes: tests/review/cli/test_models.py has one",
}
"""Beginnings of commands that are not carried out here, and why."""


def plain(command: Shown) -> str:
    return " ".join(["sluice", *command.words[1:]])


SHOWN = [command for command in dict.fromkeys(shown()) if command.program == "sluice"]
CARRIED_OUT = [command for command in SHOWN if not plain(command).startswith(tuple(ONLY_PARSED))]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    """A line in the state that the shown commands take for granted; the current folder holds ``photos/``."""
    home = tmp_path_factory.mktemp("reader")
    before = Path.cwd()
    with line(home, servers) as under_test:
        store = under_test.env["SLUICE_BUCKET_URL"]
        assert doubts.doubtful(store, count=20) == list(range(1, 21))
        assert [propose(store, place) for place in (0.1, 0.4, 0.7)] == [1, 2, 3]
        photos(home / "photos", 2)
        os.chdir(home)
        try:
            yield under_test
        finally:
            os.chdir(before)


def propose(store: str, left: float) -> int | None:
    """A template of acme, with a crop."""
    crop = cv2.imencode(".png", np.full((60, 90, 3), 40, np.uint8))[1].tobytes()
    example = {"image": 1, "name": "1.jpg", "crop": bucket(store).keep(crop, ".png"), "box": [20, 20, 60, 40]}
    proposal = Proposal((left, 0.9, left + 0.1, 0.95), 9, 12, 0.8, None, None, (example,))
    return transact(lambda connection: templates.propose(connection, "acme", proposal))


@pytest.mark.parametrize("command", CARRIED_OUT, ids=str)
def test_a_shown_command_does_what_it_is_shown_for(reader: Line, command: Shown) -> None:
    answer = call(*command.words[1:])
    assert answer.code == 0, answer.err


def test_what_is_only_parsed_is_shown_somewhere() -> None:
    for beginning in ONLY_PARSED:
        assert any(plain(command).startswith(beginning) for command in SHOWN), beginning
    assert len(CARRIED_OUT) > 10
