"""What people and programs read of a batch."""

import json

import pytest
import sqlalchemy as sa

from line.states import ImageState
from records import images
from records.batches import NewImage
from records.queries import listings, reports
from tests.harness import db_builders
from tests.harness.context import engine, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

FIELDS = {"name", "state", "reason", "file", "sha256", "steps"}
STEP_FIELDS = {
    "step", "model", "revision", "seed", "verdict", "reasons", "readings", "seconds", "cost", "device", "made_with",
}  # fmt: skip


@pytest.fixture(scope="module")
def mixed(records: object) -> int:
    """Six images: two delivered, one flagged as an artifact, one by policy, one refused, one failed."""
    refused = NewImage("x.jpg", "ingest/x", 9, "x.jpg", "outside_path", "It points outside.")
    batch = db_builders.batch([*(db_builders.named(f"p{i}.jpg") for i in range(5)), refused])
    ids = [row.id for row in db_builders.rows(batch)]
    shard = db_builders.shard(batch)
    db_builders.through(shard, 1)
    taken = db_builders.claim(shard, 1)
    done = db_builders.results(taken, bad=[ids[0]])
    done[1] = db_builders.flag(done[1], "thumbnail_too_small", "Too small.")
    done[2] = db_builders.fail(done[2], "transform_error", "It broke.")
    db_builders.finish(taken, done)
    db_builders.finish(db_builders.claim(shard, 2))
    from records import batches

    assert transact(lambda connection: batches.close(connection, batch))
    return batch


def test_a_batch_is_told_by_states_rate_cost_and_breaker(mixed: int) -> None:
    report = transact(lambda connection: reports.batch(connection, mixed))
    counts = {state: count for state, count in report["by_state"].items() if count}
    assert counts == {"delivered": 2, "flagged": 2, "rejected": 1, "failed": 1}
    assert set(report["by_state"]) == {state.value for state in ImageState}
    assert (report["images"], report["judged"], report["artifacts"]) == (6, 3, 1)
    assert report["artifact_rate"] == pytest.approx(1 / 3)
    assert report["cost"] == pytest.approx((5 + 5 + 2) * 0.5 * 0.01)
    assert (report["state"], report["breaker"], report["recipe"]) == ("done", "closed", "books")
    assert report["images_per_second"] == pytest.approx(6 / report["seconds"])
    json.dumps(report, default=str)


def test_policy_flags_are_not_in_the_artifact_rate(mixed: int) -> None:
    lines = transact(lambda connection: list(listings.image_lines(connection, mixed, "flagged")))
    assert [line["reason"] for line in lines] == ["sabotage.sabotaged", "thumbnail_too_small"]
    assert transact(lambda connection: reports.batch(connection, mixed))["artifacts"] == 1


def test_a_batch_that_just_began_has_a_report_too() -> None:
    report = transact(lambda connection: reports.batch(connection, db_builders.batch(2)))
    assert (report["artifact_rate"], report["seconds"], report["images_per_second"]) == (0.0, 0.0, 0.0)


def test_one_line_an_image_with_the_readings_of_its_last_step(mixed: int) -> None:
    lines = transact(lambda connection: list(listings.image_lines(connection, mixed)))
    assert [line["name"] for line in lines] == [f"p{i}.jpg" for i in range(5)] + ["x.jpg"]
    assert dict(lines[-1]) | {"state": "rejected", "step": None, "readings": {}} == lines[-1]
    assert dict(lines[3]) | {"state": "delivered", "step": "deliver", "readings": {"sharp": 1.5}} == lines[3]


def test_the_manifest_has_a_line_for_every_image_with_all_that_ran(mixed: int) -> None:
    lines = transact(
        lambda connection: [json.loads(line) for line in listings.manifest_lines(connection, mixed)]
    )
    assert [line["name"] for line in lines] == [f"p{i}.jpg" for i in range(5)] + ["x.jpg"]
    assert all(set(line) >= FIELDS for line in lines)
    delivered = lines[3]
    assert [step["step"] for step in delivered["steps"]] == ["admit", "sabotage", "deliver"]
    assert all(set(step) == STEP_FIELDS for step in delivered["steps"])
    assert (delivered["state"], delivered["file"]) == ("delivered", "p3.jpg")
    assert lines[0]["file"] is None
    assert (
        dict(lines[-1]) | {"reason": "outside_path", "file": None, "sha256": None, "steps": []} == lines[-1]
    )


def test_the_readings_view_can_be_charted(mixed: int) -> None:
    query = """
        SELECT vendor, transform, reading, count(*) AS total, avg(value) AS mean
        FROM readings WHERE batch_id = :batch AND verdict = 'pass'
        GROUP BY vendor, transform, reading ORDER BY transform
    """
    with engine().connect() as connection:
        rows = [tuple(row) for row in connection.execute(sa.text(query), {"batch": mixed})]
    assert rows == [
        ("acme", "admit", "sharp", 5, 1.5),
        ("acme", "deliver", "sharp", 2, 1.5),
        ("acme", "sabotage", "sharp", 2, 1.5),
    ]


def test_a_reading_that_was_no_number_is_a_gap_in_the_chart() -> None:
    batch = db_builders.batch(1)
    taken = db_builders.claim(db_builders.shard(batch))
    db_builders.finish(taken, db_builders.results(taken, readings={"sharp": float("nan")}))
    rows = db_builders.execute(
        "SELECT reading, value FROM readings WHERE batch_id = :batch", batch=batch
    ).all()
    assert [tuple(row) for row in rows] == [("sharp", None)]


def test_queues_tell_what_waits_and_what_is_worked_on() -> None:
    db_builders.execute("UPDATE shards SET state = 'done'")
    batch = db_builders.batch(3)
    first, second, third = (db_builders.shard(batch, [row.id]) for row in db_builders.rows(batch))
    db_builders.claim(first)
    db_builders.through(third, 1)
    assert transact(reports.queues) == {
        "admit": {"waiting": 1, "working": 1},
        "erase_text": {"waiting": 1, "working": 0},
    }
    assert second != third


def test_the_newest_batches_come_first() -> None:
    first, second = db_builders.batch(1), db_builders.batch(1)
    assert [report["batch"] for report in transact(reports.all_batches)][:2] == [second, first]


def test_progress_is_told_by_state() -> None:
    batch = db_builders.batch(3)
    assert transact(lambda connection: reports.progress(connection, batch)).counts == {"waiting": 3}


def test_an_unknown_image_is_nothing() -> None:
    assert transact(lambda connection: images.find(connection, 987654)) is None
