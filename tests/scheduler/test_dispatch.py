"""Messages carry ids only; what is not in the broker is sent again, and nothing else."""

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from records.process_identity import is_known_dead
from scheduler.dispatch import Dispatcher
from scheduler.sweep import Sweep
from tests.harness import db_builders
from tests.harness.context import database, registry, settings
from tests.harness.services import Servers
from tests.harness.system.celery import broker_at

pytestmark = pytest.mark.services


@pytest.fixture
def dispatcher(broker: Any, servers: Servers) -> Dispatcher:
    return Dispatcher(database(), broker_at(servers.broker_url))


def sweep(dispatcher: Dispatcher, is_dead: Callable[[str], bool] = is_known_dead) -> None:
    Sweep(dispatcher, registry(), settings().grace_seconds, is_dead).sweep()


def messages(broker: Any, queue: str = "admit") -> list[dict[str, Any]]:
    return [json.loads(message) for message in broker.lrange(queue, 0, -1)]


def age(shard: int) -> None:
    db_builders.execute("UPDATE shards SET published_at = now() - interval '1 hour' WHERE id = :id", id=shard)


@pytest.fixture(autouse=True)
def _no_others(broker: Any) -> None:
    db_builders.execute("UPDATE shards SET state = 'done'")


def test_a_message_holds_ids_and_what_flower_shows_and_nothing_else(
    broker: Any, dispatcher: Dispatcher
) -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    dispatcher.publish([shard])
    (message,) = messages(broker)
    headers, body = message["headers"], json.loads(base64.b64decode(message["body"]))
    assert body[:2] == [[shard, 0], {}]
    assert (headers["task"], headers["id"]) == ("sluice.admit", f"{batch}.1.0.1")
    assert headers["argsrepr"] == f"batch {batch} (acme/spring), shard 1, 2 images"
    assert message["content-type"] == "application/json"
    assert len(json.dumps(message)) < 6000


def test_the_chain_behind_a_message_goes_through_the_queues_of_its_route(
    broker: Any, dispatcher: Dispatcher
) -> None:
    shard = db_builders.shard(db_builders.batch(1))
    dispatcher.publish([shard])
    (message,) = messages(broker)
    rest = json.loads(base64.b64decode(message["body"]))[2]["chain"]
    assert [(step["task"], step["args"], step["immutable"]) for step in reversed(rest)] == [
        ("sluice.sabotage", [shard, 1], True),
        ("sluice.deliver", [shard, 2], True),
    ]
    assert [step["options"]["queue"] for step in reversed(rest)] == ["erase_text", "deliver"]


def test_one_image_is_told_in_the_singular(broker: Any, dispatcher: Dispatcher) -> None:
    dispatcher.publish([db_builders.shard(db_builders.batch(1))])
    assert messages(broker)[0]["headers"]["argsrepr"].endswith(", 1 image")


def test_a_shard_that_is_done_meanwhile_is_not_sent(broker: Any, dispatcher: Dispatcher) -> None:
    shard = db_builders.shard(db_builders.batch(1))
    db_builders.through(shard)
    dispatcher.publish([shard])
    dispatcher.publish([])
    assert messages(broker) == []


def test_the_broker_is_asked_what_it_holds(dispatcher: Dispatcher) -> None:
    batch = db_builders.batch(1)
    dispatcher.publish([db_builders.shard(batch)])
    assert dispatcher.broker.queued_ids(["admit", "deliver"]) == {f"{batch}.1.0.1"}


def test_only_what_is_not_in_the_broker_is_sent_again(broker: Any, dispatcher: Dispatcher) -> None:
    batch = db_builders.batch(2)
    there, lost = (db_builders.shard(batch, [row.id]) for row in db_builders.rows(batch))
    dispatcher.publish([there])
    for shard in (there, lost):
        age(shard)
    sweep(dispatcher)
    assert dispatcher.broker.queued_ids(["admit"]) == {f"{batch}.1.0.1", f"{batch}.2.0.2"}
    sweep(dispatcher)
    assert broker.llen("admit") == 2


def test_what_was_sent_a_moment_ago_is_left_alone(broker: Any, dispatcher: Dispatcher) -> None:
    db_builders.shard(db_builders.batch(1))
    sweep(dispatcher)
    assert broker.llen("admit") == 0


def test_a_shard_that_is_being_worked_on_is_left_alone(broker: Any, dispatcher: Dispatcher) -> None:
    shard = db_builders.shard(db_builders.batch(1))
    age(shard)
    db_builders.claim(shard, owner=db_builders.OTHER)
    sweep(dispatcher)
    assert broker.llen("admit") == 0


def test_a_shard_that_lost_its_message_between_two_steps_goes_on_at_the_next(
    broker: Any, dispatcher: Dispatcher
) -> None:
    batch = db_builders.batch(1)
    shard = db_builders.shard(batch)
    db_builders.through(shard, 1)
    age(shard)
    sweep(dispatcher)
    assert broker.llen("admit") == 0
    assert dispatcher.broker.queued_ids(["erase_text"]) == {f"{batch}.1.1.2"}


def test_the_parts_of_a_shard_whose_worker_died_are_sent(dispatcher: Dispatcher) -> None:
    batch = db_builders.batch(4)
    shard = db_builders.shard(batch)
    db_builders.claim(shard)
    sweep(dispatcher, lambda process: process == db_builders.ME.process)
    assert dispatcher.broker.queued_ids(["admit"]) == {f"{batch}.2.0.1", f"{batch}.3.0.1"}


def test_a_broker_that_is_away_costs_nothing_but_time(
    broker: Any, dispatcher: Dispatcher, caplog: pytest.LogCaptureFixture
) -> None:
    shard = db_builders.shard(db_builders.batch(1))
    away = broker_at("redis://127.0.0.1:9/0", max_retries=1, interval_start=0, interval_step=0)
    unable = Dispatcher(database(), away)
    unable.publish([shard])
    age(shard)
    sweep(unable)
    assert "1 shards not sent: Redis cannot be reached" in caplog.text
    assert "lost messages cannot be looked for" in caplog.text
    sweep(dispatcher)
    assert broker.llen("admit") == 1
