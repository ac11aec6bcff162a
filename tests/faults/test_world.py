"""What happens around the line: full brokers, wrong clocks, uploads that change, missing weights, bad buckets."""

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from records import database, recipes, workers
from records.decisions import DecisionError
from tests.harness import db_builders, promises
from tests.harness.context import bucket, decisions, engine, load, settings, transact
from tests.harness.line import PLUGINS, Line, line, photos, recipe
from tests.harness.objects import new_bucket, s3
from tests.harness.services import Servers
from tests.harness.system.proxy import spoiled
from tests.plugins import weighty

pytestmark = [pytest.mark.services, pytest.mark.faults]

IMAGES = 24


def test_a_redis_without_room_is_waited_out(sluice: Line, servers: Servers, tmp_path: Path) -> None:
    broker = servers.broker()
    room = broker.config_get("maxmemory")["maxmemory"]
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.05, trace=str(trace))
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    sluice.until(trace.exists, "work is under way")
    try:
        broker.config_set("maxmemory", 1)
        sluice.until(lambda: "maxmemory" in sluice.logs(), "somebody was told that there is no room")
    finally:
        broker.config_set("maxmemory", room)

    def is_done() -> bool:
        # a worker that gave up may take a while to end: its supervisor starts it again whenever it has
        if not sluice.named("test"):
            sluice.start(workers=1, schedulers=0)
        return bool(sluice.report(batch)["state"] == "done")

    sluice.until(is_done, "the batch went on once there was room")
    assert promises.counts(sluice.wait(batch)) == {"delivered": IMAGES}
    assert set(Counter(trace.read_text().split()).values()) == {1}


@pytest.mark.thorough
def test_an_image_that_ends_its_process_by_a_bad_pointer_is_set_aside(sluice: Line, tmp_path: Path) -> None:
    sluice.start(workers=2)
    rules = recipe(tmp_path / "deadly.toml", shard=4, deadly="photo0002", death=11)
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 6), rules))
    assert promises.counts(done) == {"delivered": 5, "failed": 1}


def test_a_step_without_memory_halves_its_batch_and_sets_aside_what_is_too_large_alone(
    sluice: Line, tmp_path: Path
) -> None:
    sluice.start(workers=1)
    rules = recipe(tmp_path / "hungry.toml", shard=8, room=1, huge="photo0003", min_judged=40)
    done = sluice.wait(sluice.submit(photos(tmp_path / "upload", 8), rules))
    assert promises.counts(done) == {"delivered": 7, "flagged": 1}
    (aside,) = [row for row in sluice.rows(done["batch"]) if row.state == "flagged"]
    assert (aside.name, aside.reason, aside.artifact) == ("photo0003.jpg", "out_of_memory", False)


@pytest.mark.parametrize("ahead", [600, pytest.param(-600, marks=pytest.mark.thorough)])
def test_a_worker_whose_clock_is_wrong_keeps_its_leases_and_loses_none(
    sluice: Line, tmp_path: Path, ahead: int
) -> None:
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=4, seconds=0.02, trace=str(trace))
    wrong = {"PYTHONPATH": f"{PLUGINS / 'clock'}:{PLUGINS}", "CLOCK_AHEAD": str(ahead)}
    sluice.start(workers=1, schedulers=0, env=wrong)
    sluice.start(workers=1)
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    assert promises.counts(sluice.wait(batch)) == {"delivered": IMAGES}
    assert set(Counter(trace.read_text().split()).values()) == {1}
    nodes = {step.node.split("@")[0] for step in sluice.steps(batch)}
    assert len(nodes) == 2
    assert promises.unjudged(batch) == []


# --- people --------------------------------------------------------------------------------------


def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told(sluice: Line) -> None:
    batch = db_builders.flagged(12, load("catalog"), step=1)
    images = [row.id for row in db_builders.rows(batch)]
    refusals: list[str] = []
    won: Counter[int] = Counter()
    together = threading.Barrier(2)

    def person(name: str, act: Any) -> None:
        for image in images:
            together.wait()
            try:
                act(image, f"person:{name}")
                won[image] += 1
            except DecisionError as error:
                refusals.append(str(error))

    people = [
        threading.Thread(target=person, args=one)
        for one in (("ada", decisions().accept), ("bob", decisions().reject))
    ]
    for one in people:
        one.start()
    for one in people:
        one.join()
    assert (set(won.values()), len(refusals)) == ({1}, len(images))
    assert sum(db_builders.states(batch).values()) == len(images)
    assert all(len([m for m in db_builders.moves(image) if m[0] == "flagged"]) == 1 for image in images)


# --- models --------------------------------------------------------------------------------------


def test_a_worker_without_its_weights_says_so_once_and_everything_else_goes_on(
    sluice: Line, tmp_path: Path
) -> None:
    weights = tmp_path / "weights.bin"
    weights.write_bytes(b"other weights")
    heavy = tmp_path / "heavy.toml"
    heavy.write_text(
        'name = "heavy"\n[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "weigh"\nmodel = "weighty"\n'
        '[[steps]]\ntransform = "deliver"\n[dispatch]\nshard_images = 2\n'
    )
    sluice.start(workers=2, env={"WEIGHTS": str(weights)})
    waits = sluice.submit(photos(tmp_path / "heavy", 6), heavy)
    troubles = sluice.until(lambda: transact(workers.troubles), "a worker says what it lacks")
    assert "another hash" in troubles[0]
    light = sluice.submit(photos(tmp_path / "light", 8, start=40), recipe(tmp_path / "plain.toml"))
    assert promises.counts(sluice.wait(light)) == {"delivered": 8}
    logs = (path.read_text() for path in (tmp_path / "logs").glob("test-*.log"))
    assert max(log.count("another hash") for log in logs) == 1
    assert promises.counts(sluice.report(waits)).keys() <= {"waiting", "working"}

    weights.write_bytes(weighty.RIGHT)
    assert promises.counts(sluice.wait(waits)) == {"delivered": 6}


# --- buckets and state folders -------------------------------------------------------------------


@pytest.fixture
def on_bad_s3(tmp_path: Path, servers: Servers) -> Iterator[tuple[Line, list[int]]]:
    with s3() as variables:
        url = f"{new_bucket(variables)}/shop"
        place = urlsplit(variables["AWS_ENDPOINT_URL"])
        with spoiled(str(place.hostname), int(place.port or 0)) as (address, failed):
            more = variables | {"AWS_ENDPOINT_URL": address, "SLUICE_BUCKET_URL": url}
            with line(tmp_path, servers, **more) as under_test:
                yield under_test, failed


@pytest.mark.thorough
def test_a_bucket_that_is_slow_and_fails_every_fifth_request_costs_time_and_no_image(
    on_bad_s3: tuple[Line, list[int]], tmp_path: Path
) -> None:
    sluice, failed = on_bad_s3
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", 8), recipe(tmp_path / "plain.toml", shard=4))
    assert promises.counts(sluice.wait(batch)) == {"delivered": 8}
    assert len(sluice.delivered(batch)) == 8
    assert len(failed) > 5


def test_a_state_folder_of_the_first_version_is_brought_up_to_date_and_its_batch_finished(
    tmp_path: Path, servers: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with line(tmp_path, servers) as sluice:
        empty()
        migrate_to("0001")
        store = bucket(settings().bucket)
        rules = load(str(recipe(tmp_path / "plain.toml")))
        transact(lambda connection: recipes.save(connection, rules))
        old = {"recipe": rules.digest, "out": (tmp_path / "out").as_uri()}
        for photo in sorted(photos(tmp_path / "upload", 4).iterdir()):
            store.put_file(f"ingest/acme/old/{photo.name}", photo)
        db_builders.execute(
            "INSERT INTO batches (vendor, upload, prefix, digest, recipe, out, images)"
            " VALUES ('acme', 'old', 'ingest/acme/old', 'x', :recipe, :out, 4)",
            **old,
        )
        db_builders.execute(
            "INSERT INTO images (batch_id, name, source, bytes, recipe, file, fold)"
            " SELECT 1, name, 'ingest/acme/old/' || name, 2000, :recipe, name, name"
            " FROM (SELECT 'photo000' || n || '.jpg' AS name FROM generate_series(0, 3) AS n) AS names",
            recipe=rules.digest,
        )
        sluice.start(workers=0, schedulers=1)  # it migrates
        sluice.until(lambda: "scheduler up" in sluice.logs(), "the scheduler is up")
        sluice.start(workers=1, schedulers=0)
        assert promises.counts(sluice.wait(1)) == {"delivered": 4}
        assert promises.unjudged(1) == []


def empty() -> None:
    with engine().begin() as connection:
        connection.execute(sa.text("DROP SCHEMA public CASCADE"))
        connection.execute(sa.text("CREATE SCHEMA public"))


def migrate_to(revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).with_name("migrations")))
    with engine().begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_what_a_killed_process_left_in_the_scratch_folder_is_removed(sluice: Line, tmp_path: Path) -> None:
    from records.process_identity import process_identity
    from tests.harness.context import scratch

    ended = f"{process_identity().rpartition('/')[0]}/1"  # this process, had it begun just after the boot
    left = tmp_path / "scratch" / f"{ended.replace('/', '_')}-abc"
    left.mkdir(parents=True)
    (left / "upload.zip").write_bytes(b"half")
    with scratch() as folder:
        assert Path(folder).is_dir()
        assert not left.exists()
    assert not Path(folder).exists()
