"""Each check of an installation, and what is gathered for it from records, bucket and processes."""

import subprocess
import sys
from collections.abc import Iterator
from functools import partial

import pytest
import sqlalchemy as sa

from records.tables import images
from review.audit import contract, installation
from review.audit.contract import InstallationCheck
from review.audit.subject import Installation, Listener, RecordedFacts
from tests.harness import db_builders, waiting
from tests.harness.context import bucket, settings, transact
from tests.harness.line import Line
from worker.topology import Budget, Topology

CHECKS = contract.build()
EXAMPLES = {
    "missing_intermediates": (
        Installation(Topology(), records=RecordedFacts(inputs=20, missing=("objects/a.qoi",))),
        "1 of 20 inputs of recent steps are gone, such as objects/a.qoi",
    ),
    "no_budget": (Installation(Topology(costs={"cpu": 0.04})), "nothing limits what may be spent"),
    "nameless_decisions": (
        Installation(Topology(), records=RecordedFacts(decisions=9, nameless=4)),
        "4 of 9 decisions",
    ),
    "unproven_slot": (
        Installation(Topology(), records=RecordedFacts(unproven=(("upscaler", "lanczos", "person:ada"),))),
        "ada switched it to lanczos by --unsafe",
    ),
    "open_page": (
        Installation(Topology(), (Listener("review desk", "0.0.0.0", 5556),)),
        "the review desk listens on 0.0.0.0",
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_installation_with_one_fault_has_that_red_flag_and_no_other(name: str) -> None:
    subject, sentence = EXAMPLES[name]
    (flag,) = contract.audit(CHECKS, subject)
    assert (flag.check, flag.subject) == (name, "installation")
    assert sentence in flag.sentence


def test_every_check_of_an_installation_has_an_example() -> None:
    of_installations = {name for name, check in CHECKS.items.items() if isinstance(check, InstallationCheck)}
    assert of_installations == set(EXAMPLES)


def test_an_installation_without_faults_has_no_red_flag() -> None:
    assert (
        contract.audit(CHECKS, Installation(Topology(), records=RecordedFacts(decisions=3, inputs=20))) == []
    )


def test_a_budget_without_a_price_is_fatal() -> None:
    (flag,) = contract.audit(CHECKS, Installation(Topology(budget=Budget(per_batch=12))))
    assert (flag.level, flag.check) == ("fatal", "no_budget")
    assert "no price of cpu" in flag.sentence
    assert (
        contract.audit(CHECKS, Installation(Topology(costs={"cpu": 0.04}, budget=Budget(per_batch=12)))) == []
    )


@pytest.fixture(params=["127.0.0.1", "0.0.0.0"])
def page(request: pytest.FixtureRequest) -> Iterator[str]:
    """A program that looks like the review desk, listening on an address."""
    listen = f"import socket, time; s = socket.create_server(({request.param!r}, 0)); print('up', flush=True)"
    code = f"{listen}; time.sleep(900)"
    process = subprocess.Popen([sys.executable, "-c", code, "review.desk"], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        waiting.until(lambda: process.stdout and process.stdout.readline(), "it listens")
        yield request.param
    finally:
        process.kill()
        process.wait()
        process.stdout and process.stdout.close()


def test_only_a_page_that_other_machines_reach_is_listed(page: str) -> None:
    addresses = {listener.address for listener in installation.listeners()}
    assert ("0.0.0.0" in addresses) == (page == "0.0.0.0")


@pytest.mark.services
def test_decisions_without_a_name_and_inputs_that_are_gone_are_counted(records: Line) -> None:
    store = bucket(settings().bucket)
    batch = db_builders.delivered(2)
    facts = transact(lambda connection: installation.recorded_facts(connection, store))
    assert len(facts.missing) == facts.inputs > 0
    for key in facts.missing:
        store.put(key, b"picture")
    assert transact(lambda connection: installation.recorded_facts(connection, store)).missing == ()
    for actor, row in zip(("person", "person:ada"), db_builders.rows(batch), strict=True):
        move = sa.update(images).where(images.c.id == row.id).values(state="flagged")
        transact(partial(sa.Connection.execute, statement=move), actor=actor)
    facts = transact(lambda connection: installation.recorded_facts(connection, store))
    assert (facts.decisions, facts.nameless) == (2, 1)


@pytest.mark.services
def test_the_models_of_the_newest_finished_batch_are_those_in_use(records: Line) -> None:
    for model in ("lanczos", "back_projection"):
        batch = db_builders.delivered(1)
        db_builders.execute(
            "UPDATE steps SET model = :model WHERE batch_id = :batch", model=model, batch=batch
        )
    in_use = transact(installation.recorded_models).in_use
    assert in_use["books"]["sabotage"] == "back_projection"
