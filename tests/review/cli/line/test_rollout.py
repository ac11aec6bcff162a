"""``sluice rollout``: start, status, promote and rollback, as a shell calls them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.line import Line
from tests.harness.scenes import rollouts
from tests.harness.services import Servers

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def under_test(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    with rollouts.rollout_line(tmp_path_factory.mktemp("rollout"), servers) as started:
        yield started


@pytest.fixture
def number(under_test: Line) -> Iterator[int]:
    """A rollout that was started by the command, in shadow."""
    answer = call("rollout", "start", "--step", "upscale", "--candidate", "twin", "--again")
    assert answer.code == 0, answer.err
    assert "twin beside back_projection at upscale, in shadow on 20% of the photos" in answer.out
    started = int(answer.out.split()[1].rstrip(":"))
    yield started
    db_builders.execute(
        "UPDATE rollouts SET state = 'rolled_back', decided_at = now() WHERE state <> 'rolled_back'"
    )


def status(number: int) -> Any:
    return json.loads(call("rollout", "status", number, "--json").out)


def test_the_line_of_a_rollout_shows_pairs_change_and_evidence(number: int) -> None:
    rollouts.put(number, worse=9, better=2, equal=299)
    out = " ".join(call("rollout", "status", number).out.split())
    assert f"rollout {number} upscale shadow, 20% of the photos" in out
    assert "twin vs back_projection · 310 pairs · worse 9, better 2, Δ +2.3 pp [" in out
    assert "of 20, of harmlessness" in out


def test_status_as_json_has_the_counters_and_what_they_say(number: int) -> None:
    rollouts.put(number, worse=1, better=1, equal=98)
    (listed,) = [
        each for each in json.loads(call("rollout", "status", "--json").out) if each["rollout"] == number
    ]
    assert listed == {key: value for key, value in status(number).items() if key != "reasons"}
    assert (listed["state"], listed["pairs"], listed["change"], listed["uploads"]) == ("shadow", 100, 0.0, 0)
    assert listed["evidence_to_roll_back"] == pytest.approx(20)
    assert listed["interval"][0] < 0 < listed["interval"][1]


def test_a_rollout_in_shadow_is_promoted_only_if_that_is_said_to_be_unsafe(number: int) -> None:
    refused = call("rollout", "promote", number)
    assert refused.code == 2
    assert "not proven harmless: wait, or add --unsafe" in refused.err
    assert call("rollout", "promote", number, "--unsafe").code == 0
    after = status(number)
    assert after["state"] == "promoted"
    assert after["decided_by"].startswith("person:")


def test_a_person_decides_an_inconclusive_rollout(number: int) -> None:
    rollouts.put(number, state="inconclusive")
    assert call("rollout", "promote", number).out == f"rollout {number}: promoted\n"


def test_after_a_rollback_the_same_weights_need_again(number: int) -> None:
    assert call("rollout", "rollback", number).code == 0
    assert "rolled back already" in call("rollout", "rollback", number).err
    refused = call("rollout", "start", "--step", "upscale", "--candidate", "twin")
    assert refused.code == 2
    assert (
        f"(rollout {number}: a person rolled it back); the same weights start again only with --again"
        in refused.err
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--step", "denoise", "--candidate", "twin"), "recipe catalog has the steps admit, find_text"),
        (("--step", "admit", "--candidate", "twin"), "this step uses no model"),
        (("--step", "upscale", "--candidate", "telea"), "a model for fill, not for upscale"),
        (("--step", "upscale", "--candidate", "absent"), "is not ready: put its weights there"),
        (("--step", "upscale", "--candidate", "back_projection"), "this is the model in use"),
    ],
)
def test_what_cannot_be_tried_is_refused_with_the_reason(
    under_test: Line, words: tuple[str, ...], sentence: str
) -> None:
    answer = call("rollout", "start", *words)
    assert answer.code == 2, answer.err
    assert sentence in answer.err


def test_an_unknown_rollout_is_refused(under_test: Line) -> None:
    assert "there is no rollout 99" in call("rollout", "status", 99).err
