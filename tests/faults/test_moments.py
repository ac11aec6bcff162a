"""Deaths at the worst moments: between a write and its commit, a commit and its answer, an answer and the next."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from records.storage import withdrawals
from records.tables import withdrawals as table
from scheduler.decide import Decisions
from scheduler.delete_delivered import DeliveredFiles
from tests.harness import db_builders, promises
from tests.harness.context import bucket, context, settings, transact, withdraw
from tests.harness.line import Line, environment, line, photos, recipe
from tests.harness.services import Servers
from tests.harness.system.proxy import CommitCutter

pytestmark = [pytest.mark.services, pytest.mark.faults]

IMAGES = 24


def assert_each_once(sluice: Line, batch: int, images: int = IMAGES) -> None:
    assert promises.counts(sluice.wait(batch)) == {"delivered": images}
    passed = Counter((step.image_id, step.position) for step in sluice.steps(batch) if step.verdict == "pass")
    assert len(passed) == images * 3
    assert set(passed.values()) == {1}
    assert len(sluice.delivered(batch)) == images
    assert promises.unjudged(batch) == []
    assert sluice.until(lambda: not transact(withdrawals.pending), "no withdrawal is left") is True
    assert len(sluice.delivered(batch)) == images


@pytest.mark.parametrize(
    "position",
    [pytest.param(1, id="a picture", marks=pytest.mark.thorough), pytest.param(2, id="a published file")],
)
def test_a_worker_dies_when_it_has_written_and_not_committed(
    sluice: Line, tmp_path: Path, position: int
) -> None:
    died = tmp_path / "died"
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), recipe(tmp_path / "plain.toml", shard=4))
    sluice.start(workers=2, env={"MISHAP": f"before_commit:{position}:{died}"})
    assert_each_once(sluice, batch)
    assert died.exists()


def test_a_worker_dies_when_it_has_committed_and_not_acknowledged(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    """The message that comes again does nothing, and the next step runs all the same."""
    died, trace = tmp_path / "died", tmp_path / "trace"
    rules = recipe(tmp_path / "plain.toml", shard=4, trace=str(trace))
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    sluice.start(workers=2, env={"MISHAP": f"after_commit:1:{died}"})
    assert_each_once(sluice, batch)
    assert died.exists()
    assert set(Counter(trace.read_text().split()).values()) == {1}


def test_a_message_is_lost_between_the_queue_and_the_list_of_the_unacknowledged(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    broker = servers.broker()
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.05, trace=str(trace))
    sluice.start(workers=1)
    batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
    lost = 0
    while lost < 2:
        lost += (
            sluice.until(lambda: broker.rpop("admit") or broker.rpop("erase_text"), "a message waits")
            is not None
        )
    assert_each_once(sluice, batch)
    assert set(Counter(trace.read_text().split()).values()) == {1}


def test_a_task_longer_than_the_visibility_timeout_runs_once(
    sluice: Line, servers: Servers, tmp_path: Path
) -> None:
    """When it is over, Redis hands the message to another worker while the first still works on it."""
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "long.toml", shard=4, seconds=0.4, trace=str(trace))
    sluice.start(workers=2)
    batch = sluice.submit(photos(tmp_path / "upload", 8), rules)
    sluice.until(lambda: trace.exists(), "a long step has begun")
    broker = servers.broker()
    assert sluice.until(lambda: restore_unacked(broker), "messages are out")
    assert_each_once(sluice, batch, 8)
    assert set(Counter(trace.read_text().split()).values()) == {1}


def restore_unacked(broker: Any) -> int:
    """What kombu does with every message that is out for longer than the visibility timeout."""
    restored = 0
    for packed in broker.hvals("unacked"):
        message, _, queue = json.loads(packed)
        broker.rpush(queue, json.dumps(message))
        restored += 1
    return restored


@pytest.fixture
def cutter(servers: Servers) -> Iterator[CommitCutter]:
    url = sa.make_url(servers.database_url)
    cutter = CommitCutter(str(url.host), int(url.port or 5432))
    yield cutter
    cutter.close()


def test_a_commit_whose_answer_is_lost_is_neither_repeated_nor_reported_as_failed(
    sluice: Line, cutter: CommitCutter
) -> None:
    through = sa.make_url(settings().database()).set(host="127.0.0.1", port=cutter.port)
    ran = []

    def hire(connection: sa.Connection) -> str:
        ran.append(1)
        connection.execute(
            sa.text(
                "INSERT INTO events (image_id, batch_id, old, new, reason, actor) SELECT id, "
                "batch_id, state, state, 'cut', 'test' FROM images"
            )
        )
        return "hired"

    db_builders.batch(1)
    url = through.render_as_string(hide_password=False)
    with environment({"SLUICE_DATABASE_URL": url}):
        transact(lambda connection: connection.execute(sa.text("SELECT 1")))
        cutter.cut = 1
        assert transact(hire) == "hired"
    assert (cutter.done, len(ran)) == (1, 1)
    assert db_builders.execute("SELECT count(*) FROM events WHERE reason = 'cut'").scalar() == 1


def test_a_line_whose_commits_are_cut_off_from_their_answers_writes_each_thing_once(
    tmp_path: Path, servers: Servers, cutter: CommitCutter
) -> None:
    with line(tmp_path, servers) as sluice:
        through = sa.make_url(sluice.env["SLUICE_DATABASE_URL"]).set(host="127.0.0.1", port=cutter.port)
        trace = tmp_path / "trace"
        rules = recipe(tmp_path / "plain.toml", shard=4, trace=str(trace))
        batch = sluice.submit(photos(tmp_path / "upload", IMAGES), rules)
        sluice.start(workers=2, env={"SLUICE_DATABASE_URL": through.render_as_string(hide_password=False)})
        cutter.cut = 12
        assert_each_once(sluice, batch)
        assert cutter.done == 12
        assert set(Counter(trace.read_text().split()).values()) == {1}


# --- files of the dead ---------------------------------------------------------------------------


def test_the_file_of_a_worker_that_died_is_taken_away_where_its_image_ends_otherwise(sluice: Line) -> None:
    batch = db_builders.flagged(3, step=2)
    out = bucket(db_builders.head(batch).out)
    files = [row.file for row in db_builders.rows(batch)]
    for file in files:
        out.put(file, b"written, never recorded")
    db_builders.execute("UPDATE batches SET created_at = now() + interval '1 hour' WHERE id = :b", b=batch)
    transact(
        lambda connection: withdrawals.note(
            connection, batch, [(file, ()) for file in files[:1]], certain=False
        )
    )
    withdraw()
    assert out.find(files[0]) is not None  # older than its batch: it was somebody else's
    db_builders.execute("UPDATE batches SET created_at = now() - interval '1 hour' WHERE id = :b", b=batch)
    transact(
        lambda connection: withdrawals.note(
            connection, batch, [(file, ()) for file in files[:2]], certain=False
        )
    )
    withdraw()
    assert [out.find(file) is None for file in files] == [True, True, False]
    assert transact(withdrawals.pending) == []
    out.delete(files[2])


def test_the_file_of_an_image_on_its_way_is_left_until_it_has_arrived(sluice: Line) -> None:
    batch = db_builders.batch(1)
    db_builders.shard(batch)
    file = db_builders.rows(batch)[0].file
    out = bucket(db_builders.head(batch).out)
    out.put(file, b"published")
    transact(lambda connection: withdrawals.note(connection, batch, [(file, ())], certain=True))
    withdraw(batch)
    assert transact(withdrawals.pending) == [(batch, file)]
    db_builders.through(db_builders.open_shards(batch)[0].id)
    withdraw(batch)
    assert transact(withdrawals.pending) == []
    assert out.find(file) is not None
    out.delete(file)


def test_a_decision_whose_process_dies_before_the_file_is_gone_is_completed_by_the_scheduler(
    sluice: Line, tmp_path: Path
) -> None:
    class Died(DeliveredFiles):
        def withdraw(self, batch_id: int | None = None) -> None:
            """Nothing: the process is dead."""

    batch = sluice.submit(photos(tmp_path / "upload", 4), recipe(tmp_path / "plain.toml"))
    sluice.start(workers=1)
    sluice.wait(batch)
    sluice.kill("scheduler")
    image = sluice.rows(batch)[0]
    files = Died(context().database, context().buckets)
    Decisions(context(), files).reject(image.id, "person:ada")
    assert image.file in sluice.delivered(batch)
    assert transact(lambda connection: connection.execute(sa.select(table)).all())
    sluice.start(workers=0, schedulers=1)
    sluice.until(lambda: image.file not in sluice.delivered(batch), "the file is taken away")
    assert promises.counts(sluice.wait(batch)) == {"delivered": 3, "discarded": 1}
