"""Old batches are forgotten: their records, and the objects that only they named; what is needed stays."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.facts import EditNote, Facts
from line.source_types import COMPOSITE_GENERATED
from records.storage.bucket import Bucket, open_bucket
from scheduler import retention as module
from scheduler.retention import Retention
from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.context import database, transact
from tests.harness.line import Line

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

LATER = datetime.now(UTC) + timedelta(days=1)
TABLES = ("batches", "images", "steps", "events", "shards", "image_counts", "withdrawals")


@pytest.fixture
def store(tmp_path: Path) -> Bucket:
    return open_bucket((tmp_path / "bucket").as_uri())


def retention(store: Bucket) -> Retention:
    """One to which objects are old at once."""
    return Retention(database(), store, min_object_age=timedelta(seconds=-60))


def finished(store: Bucket, images: int = 3, **more: Any) -> int:
    """A batch that is done, with its stored pictures and a vendor of its own, whose name is its id."""
    batch = db_builders.delivered(images, **more)
    db_builders.execute("UPDATE batches SET vendor = id::text, manifest_due = false WHERE id = :id", id=batch)
    for key in keys_of(batch):
        store.put(key, b"picture")
    return batch


def keys_of(batch: int) -> set[str]:
    query = sa.text("SELECT output FROM steps WHERE batch_id = :batch AND output LIKE 'objects/%'")
    return set(transact(lambda connection: connection.scalars(query, {"batch": batch}).all()))


def stored(store: Bucket) -> set[str]:
    return {item.key for item in store.walk("objects")}


def rows_of(batch: int) -> dict[str, int]:
    """How many rows of the batch each table has."""
    counts: dict[str, Any] = {}
    for table in TABLES:
        column = "id" if table == "batches" else "batch_id"
        query = sa.text(f"SELECT count(*) FROM {table} WHERE {column} = :batch")
        counts[table] = transact(lambda connection, query=query: connection.scalar(query, {"batch": batch}))  # type: ignore[misc]
    return {table: count for table, count in counts.items() if count}


def forget(store: Bucket, *batches: int) -> module.Forgotten:
    forgetting = retention(store)
    due = [old for batch in batches for old in forgetting.plan(LATER, str(batch)).due]
    assert [old.id for old in due] == list(batches)
    return forgetting.forget(due, "person:eva")


def test_all_rows_of_a_forgotten_batch_and_its_objects_are_gone(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_IMAGES", 2)
    monkeypatch.setattr(module, "PAGE_OBJECTS", 2)
    batch, other = finished(store), finished(store)
    objects, others = keys_of(batch), keys_of(other)
    assert len(objects) > 2
    before = rows_of(other)
    done = forget(store, batch)
    assert (done.batches, done.images, done.objects, done.recent_objects) == (1, 3, len(objects), 0)
    assert rows_of(batch) == {}
    assert rows_of(other) == before
    assert stored(store) == others
    note = db_builders.execute("SELECT * FROM forgotten_batches WHERE id = :id", id=batch).one()
    assert (note.images, note.generated, note.actor, note.vendor) == (3, 0, "person:eva", str(batch))
    answer = call("status", batch)
    assert answer.code == 2
    assert f"batch {batch} ({batch}/spring) was forgotten on " in answer.err


def test_an_object_that_another_batch_names_stays_until_that_is_forgotten_too(store: Bucket) -> None:
    batch, other = finished(store), finished(store)
    shared = sorted(keys_of(batch))[0]
    db_builders.execute("UPDATE steps SET touched = :key WHERE batch_id = :batch", key=shared, batch=other)
    forget(store, batch)
    assert shared in stored(store)
    forget(store, other)
    assert stored(store) == set()


def test_an_object_that_was_kept_again_lately_stays_until_the_next_time(store: Bucket) -> None:
    batch = finished(store, 1)
    careful = Retention(database(), store)
    done = careful.forget(careful.plan(LATER, str(batch)).due, "person:eva")
    assert done.objects == 0
    assert done.recent_objects == len(stored(store)) > 0
    assert retention(store).forget([], "person:eva").objects == done.recent_objects
    assert stored(store) == set()


def test_a_batch_with_images_that_wait_for_a_person_stays(store: Bucket) -> None:
    batch = db_builders.flagged(2)
    db_builders.execute("UPDATE batches SET vendor = id::text, manifest_due = false WHERE id = :id", id=batch)
    plan = retention(store).plan(LATER, str(batch))
    assert plan.due == []
    assert [each.reason for each in plan.staying] == ["a person has still to decide about 2 images"]


def test_a_batch_that_is_younger_than_the_date_or_not_done_is_not_touched(store: Bucket) -> None:
    batch, running = finished(store, 1), db_builders.batch(1)
    db_builders.execute("UPDATE batches SET vendor = id::text WHERE id = :id", id=running)
    yesterday = datetime.now(UTC) - timedelta(days=1)
    for vendor, moment in ((batch, yesterday), (running, LATER)):
        plan = retention(store).plan(moment, str(vendor))
        assert (plan.due, plan.staying) == ([], [])


def test_generated_content_is_forgotten_only_beside_a_manifest_that_says_so(
    store: Bucket, tmp_path: Path
) -> None:
    out = (tmp_path / "out").as_uri()
    batch = finished(store, 2, out=out)
    edit = EditNote(step="generate", model="m", source_type=COMPOSITE_GENERATED)
    facts = Facts(edits=(edit,)).to_json()
    statement = sa.text("UPDATE images SET facts = :facts WHERE batch_id = :batch").bindparams(
        sa.bindparam("facts", type_=JSONB)
    )
    transact(lambda connection: connection.execute(statement, {"facts": facts, "batch": batch}))
    forgetting = retention(store)
    (staying,) = forgetting.plan(LATER, str(batch)).staying
    assert staying.reason == f"generated content in 2 images, and {out} has no manifest.jsonl that says how"
    open_bucket(out).put("manifest.jsonl", b"{}")
    (due,) = forgetting.plan(LATER, str(batch)).due
    assert due.generated == 2


def test_forgetting_goes_on_after_a_death_in_the_middle(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_IMAGES", 1)
    batch = finished(store, 3)
    forgetting = retention(store)
    due = forgetting.plan(LATER, str(batch)).due

    def die(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        forgetting.forget(due, "person:eva", die)
    assert rows_of(batch)["images"] == 2
    forget(store, batch)
    assert (rows_of(batch), stored(store)) == ({}, set())


def test_the_next_upload_of_the_same_photos_is_a_new_batch(store: Bucket) -> None:
    batch = finished(store, 1, digest="the same listing")
    forget(store, batch)
    assert db_builders.batch(1, digest="the same listing") != batch


def test_the_command_shows_first_what_would_go_and_what_stays_for_each_recipe(records: Line) -> None:
    store = open_bucket(records.env["SLUICE_BUCKET_URL"])
    batch, undecided = finished(store, 2), db_builders.flagged(1)
    values = {"id": undecided, "vendor": str(batch)}
    db_builders.execute("UPDATE batches SET vendor = :vendor, manifest_due = false WHERE id = :id", **values)
    db_builders.execute(
        "UPDATE batches SET finished_at = finished_at - interval '3 days' WHERE vendor = :v", v=str(batch)
    )
    today = f"{datetime.now().astimezone():%Y-%m-%d}"
    words = ("forget", "--before", today, "--vendor", str(batch))
    shown = call(*words)
    assert shown.code == 0, shown.err
    assert "recipe books: 1 batch, 2 images: records and pictures between steps" in shown.out
    assert (
        "kept: the delivered files with the marks in them, and manifest.jsonl beside them; no image has"
        in shown.out
    )
    assert (
        f"batch {undecided} ({batch}/spring, recipe books) stays: a person has still to decide about 1 image"
        in shown.out
    )
    assert "nothing was removed; --yes removes it" in shown.out
    assert rows_of(batch)["images"] == 2
    tiles = {name: tiles_of(records, name) for name in (batch, undecided)}
    done = call(*words, "--yes")
    assert done.code == 0, done.err
    assert "forgotten: 1 batch, 2 images, 0 stored pictures" in done.out
    assert "written less than a day ago will go with the next `sluice forget`" in done.out
    assert rows_of(batch) == {}
    assert not any(path.exists() for path in tiles[batch])
    assert all(path.exists() for path in tiles[undecided])
    assert rows_of(undecided)["images"] == 1


@pytest.mark.parametrize(
    ("date", "message"), [("2999-01-01", "lies in the future"), ("soon", "does not match")]
)
def test_a_day_that_is_not_over_or_no_day_is_wrong_usage(records: Line, date: str, message: str) -> None:
    answer = call("forget", "--before", date)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def tiles_of(records: Line, batch: int) -> list[Path]:
    """Archives of tiles that a desk has cut of a batch's images."""
    paths = [records.home / "desk-tiles" / str(row.id) / "0123.zip" for row in db_builders.rows(batch)]
    for path in paths:
        path.parent.mkdir(parents=True)
        path.write_bytes(b"tiles")
    return paths
