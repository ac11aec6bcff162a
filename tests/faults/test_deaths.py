"""P1 and P3: whatever is killed in the middle of a batch, it ends complete, each image once, by itself."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.harness.context import bucket, settings
from tests.harness.line import Line, photos, recipe
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]

IMAGES = 60


def begin(sluice: Line, tmp_path: Path, **step: Any) -> int:
    """A batch of slow images, returned once a good part of it is under way."""
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=4, seconds=0.03, trace=str(trace), **step)
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    sluice.until(lambda: trace.exists() and len(trace.read_text().splitlines()) > 10, "work is under way")
    return batch


def assert_complete(sluice: Line, batch: int) -> None:
    """Every image delivered, one record for each image and step, every file there and in the manifest."""
    done = sluice.wait(batch)
    assert done["by_state"]["delivered"] == IMAGES
    passed = Counter((step.image_id, step.position) for step in sluice.steps(batch) if step.verdict == "pass")
    assert set(passed.values()) == {1}
    assert len(passed) == IMAGES * 3
    assert len(sluice.delivered(batch)) == IMAGES
    manifest = bucket(done["delivered"]).get("manifest.jsonl").decode().splitlines()
    assert len({json.loads(line)["name"] for line in manifest}) == len(manifest) == IMAGES


def test_kill_9_of_a_worker(sluice: Line, tmp_path: Path) -> None:
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    sluice.kill("test-0-0")
    assert_complete(sluice, batch)


@pytest.mark.thorough
def test_kill_9_of_every_worker_and_new_ones(sluice: Line, tmp_path: Path) -> None:
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    sluice.kill("test")
    sluice.start(workers=1, schedulers=0)
    assert_complete(sluice, batch)


def test_kill_9_of_the_scheduler(sluice: Line, tmp_path: Path) -> None:
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    sluice.kill("scheduler")
    sluice.start(workers=0, schedulers=1)
    assert_complete(sluice, batch)


def test_a_flushed_redis(sluice: Line, servers: Servers, tmp_path: Path) -> None:
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    servers.broker().flushall()
    assert_complete(sluice, batch)


@pytest.mark.thorough
def test_a_redis_that_is_restarted_and_has_lost_its_data(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    if servers.redis is None:
        pytest.skip("an outside Redis is not ours to restart")
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    servers.redis.restart()
    assert_complete(sluice, batch)


def test_a_postgres_that_is_restarted(sluice: Line, servers: Servers, tmp_path: Path) -> None:
    if servers.postgres is None:
        pytest.skip("an outside Postgres is not ours to restart")
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    servers.postgres.restart()
    assert_complete(sluice, batch)


def test_two_schedulers_at_once(sluice: Line, tmp_path: Path) -> None:
    sluice.start(workers=2, schedulers=2)
    assert_complete(sluice, begin(sluice, tmp_path))


def test_an_image_that_kills_its_worker_is_set_aside_and_its_neighbours_are_delivered(
    sluice: Line, tmp_path: Path
) -> None:
    sluice.start(workers=2)
    rules = recipe(tmp_path / "deadly.toml", shard=16, deadly="photo0005")
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 16), rules))
    assert done["by_state"] | {"delivered": 15, "failed": 1} == done["by_state"]
    failed = [row for row in sluice.rows(done["batch"]) if row.state == "failed"]
    assert [(row.name, row.reason) for row in failed] == [("photo0005.jpg", "worker_lost")]
    assert "3 times" in failed[0].sentence


def test_an_image_on_which_the_device_is_lost_costs_its_child_and_its_neighbours_are_delivered(
    sluice: Line, tmp_path: Path
) -> None:
    sluice.start(workers=1)
    rules = recipe(tmp_path / "lost.toml", shard=4, lost="photo0002")
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 8), rules))
    assert done["by_state"] | {"delivered": 7, "failed": 1} == done["by_state"]
    failed = [(row.name, row.reason) for row in sluice.rows(done["batch"]) if row.state == "failed"]
    assert failed == [("photo0002.jpg", "worker_lost")]
    assert "is lost to this process" in "".join(
        path.read_text(errors="replace") for path in (sluice.home / "logs").glob("test-*.log")
    )


def test_the_same_message_many_times_does_the_work_once(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    sluice.start(workers=2)
    batch = begin(sluice, tmp_path)
    broker = servers.broker()
    sluice.until(lambda: broker.llen("erase_text") or broker.llen("admit"), "a message waits")
    for queue in ("admit", "erase_text", "deliver"):
        for message in broker.lrange(queue, 0, -1):
            for _ in range(10):
                broker.lpush(queue, message)
    assert_complete(sluice, batch)


def test_an_object_that_vanished_fails_its_image_alone(sluice: Line, tmp_path: Path) -> None:
    rules = recipe(tmp_path / "plain.toml")
    batch = sluice.submit(photos(tmp_path / "upload", 8), rules)
    gone = next(row for row in sluice.rows(batch) if row.name == "photo0003.jpg")
    bucket(settings().bucket).delete(gone.source)
    sluice.start(workers=1)
    done = sluice.wait(batch)
    assert done["by_state"] | {"delivered": 7, "failed": 1} == done["by_state"]
