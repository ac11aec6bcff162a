"""Triage of a sabotaged batch: it names the sabotage, and the batch goes on without it through a probe."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.harness.command import call
from tests.harness.line import Line, photos, recipe

pytestmark = [pytest.mark.services, pytest.mark.faults, pytest.mark.slow]


def triaged(batch: int) -> dict[str, Any]:
    answer = call("triage", batch, "--json", "--sample", 6)
    assert answer.code == 0, answer.err
    document: dict[str, Any] = json.loads(answer.out)
    return document


def test_triage_names_the_sabotage_and_the_batch_goes_on_without_it(sluice: Line, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    switch.touch()
    rules = recipe(
        tmp_path / "sabotaged.toml", min_judged=10, probe=4, shard=4, ruin=0.4, switch=str(switch)
    )  # fmt: skip
    sluice.start(workers=1)
    batch = sluice.submit(photos(tmp_path / "upload", 40), rules)
    halted = sluice.wait(batch, "halted")

    result = triaged(batch)
    assert (result["step"], result["was_halted"]) == ("sabotage", False)
    (change,) = result["changes"]
    assert (change["key"], change["before"], change["after"]) == ("ruin", 0.4, 0.0)
    assert result["expected_rate"] == 0
    (failing,) = {row["failed"] for row in result["alone"] if row["transform"] == "sabotage"}
    assert failing == len(result["sample"]) == min(6, halted["by_state"]["flagged"])

    resumed = call("resume", batch, "--as", result["recipe"][:12])
    assert "is tested with 4 images" in resumed.out
    done = sluice.wait(batch, "done")
    assert done["by_state"]["flagged"] == halted["by_state"]["flagged"], (
        "those that stopped wait for a person"
    )
    assert call("requeue", "--flagged", batch).code == 0
    assert sluice.wait(batch, "done")["by_state"]["delivered"] == 40


def test_a_cause_outside_of_the_recipe_that_is_gone_is_told_apart(sluice: Line, tmp_path: Path) -> None:
    switch = tmp_path / "switch"
    switch.touch()
    rules = recipe(
        tmp_path / "passing.toml", min_judged=10, probe=4, shard=4, ruin=0.4, switch=str(switch)
    )  # fmt: skip
    sluice.start(workers=1)
    batch = sluice.submit(photos(tmp_path / "upload", 20), rules)
    sluice.wait(batch, "halted")
    switch.unlink()
    result = triaged(batch)
    assert (result["step"], result["cause_is_gone"], result["changes"]) == ("sabotage", True, [])
