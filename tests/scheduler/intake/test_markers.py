"""Markers of uploads: what they may name, and what a late or bad one does."""

import json

import pytest

from records import recipes
from records.storage.bucket import Bucket
from tests.harness import db_builders
from tests.harness.context import load, transact
from tests.scheduler.intake.uploads import drop, names, packed, quiet, scan, troubles

pytestmark = pytest.mark.services


def test_a_marked_upload_that_changed_is_taken_again_when_its_marker_is_put_anew(store: Bucket) -> None:
    prefix = drop(store, "a.jpg")
    scan(store)
    store.put(f"{prefix}/a.jpg", b"other bytes")
    assert scan(store) == []
    store.put(f"{prefix}/_READY", b" ")
    (second,) = scan(store)
    assert names(second) == ["a.jpg"]


def test_a_marker_put_anew_over_the_same_files_changes_nothing(store: Bucket) -> None:
    prefix = drop(store, "a.jpg")
    assert len(scan(store)) == 1
    store.put(f"{prefix}/_READY", b" ")
    assert scan(store) == []


def test_a_marker_may_name_a_recipe_and_a_target(store: Bucket) -> None:
    drop(store, "a.jpg", marker=b'{"recipe": "archival", "out": "file:///shop/out"}')
    (batch,) = scan(store)
    assert db_builders.head(batch).recipe == load("archival").digest
    assert db_builders.head(batch).out == "file:///shop/out"
    assert db_builders.rows(batch)[0].file == "a.jpg.png"


def test_a_marker_may_name_a_recorded_recipe_by_its_digest(store: Bucket) -> None:
    digest = transact(lambda connection: recipes.save(connection, load("archival")))
    drop(store, "a.jpg", marker=json.dumps({"recipe": digest}).encode())
    (batch,) = scan(store)
    assert db_builders.head(batch).recipe == digest


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (b"ready!", "neither empty nor JSON"),
        (b"[1]", "must hold an object"),
        (b'{"recipe": 3}', "must hold an object"),
        (b'{"recipe": "catalogue"}', "archival, catalog"),
        (b'{"recipe": "/etc/passwd"}', "shipped recipe"),
        (b'{"recipe": "../secret.toml"}', "shipped recipe"),
        (b'{"recipe": "%s"}' % (b"0" * 64), "no recipe with digest"),
        (b"\xff\xfe", "neither empty nor JSON"),
    ],
)
def test_a_bad_marker_is_told_as_trouble_until_it_is_mended(
    store: Bucket, marker: bytes, message: str
) -> None:
    prefix, good = drop(store, "a.jpg", marker=marker), drop(store, "a.jpg")
    (taken,) = scan(store)
    assert db_builders.head(taken).prefix == good
    assert message in troubles()[prefix]
    assert scan(store) == []
    store.put(f"{prefix}/_READY", b"")
    (mended,) = scan(store)
    assert db_builders.head(mended).prefix == prefix
    assert troubles() == {}


def test_an_archive_is_taken_once_its_marker_lies_beside_it(store: Bucket) -> None:
    store.put("ingest/acme/spring.zip", packed(**{"a.jpg": b"one", "sub__b.png": b"two"}))
    assert scan(store) == []
    store.put("ingest/acme/spring.zip._READY", b"")
    (batch,) = scan(store)
    rows = {row.name: row for row in db_builders.rows(batch)}
    assert sorted(rows) == ["a.jpg", "sub/b.png"]
    assert store.get(rows["sub/b.png"].source) == b"two"
    assert rows["sub/b.png"].file == "sub/b.png.jpg"
    assert scan(store) == []


def test_what_an_archive_must_not_hold_is_rejected_and_its_neighbours_go_on(store: Bucket) -> None:
    store.put("ingest/acme/zoo.zip", packed(**{"..__up.jpg": b"x", "in.zip": b"x", "a.jpg": b"x"}))
    store.put("ingest/acme/zoo.zip._READY", b"")
    (batch,) = scan(store)
    assert {row.name: (str(row.state), row.reason) for row in db_builders.rows(batch)} == {
        "../up.jpg": ("rejected", "outside_path"),
        "in.zip": ("rejected", "nested_archive"),
        "a.jpg": ("waiting", ""),
    }
    assert all(row.sentence for row in db_builders.rows(batch, "rejected"))


def test_what_is_no_archive_is_told_as_trouble(store: Bucket) -> None:
    store.put("ingest/acme/bad.zip", b"PK not really")
    store.put("ingest/acme/bad.zip._READY", b"")
    assert scan(store) == []
    assert "cannot be opened" in troubles()["ingest/acme/bad.zip"]
    assert scan(store) == []


def test_a_late_marker_gives_its_recipe_to_a_batch_that_has_not_begun(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    scan(store)
    quiet(1001)
    (batch,) = scan(store)
    shard = db_builders.shard(batch)
    store.put(f"{prefix}/_READY", b'{"recipe": "archival", "out": "file:///shop/out"}')
    assert scan(store) == []
    head = db_builders.head(batch)
    assert (head.recipe, head.out, str(head.state)) == (
        load("archival").digest,
        "file:///shop/out",
        "running",
    )
    assert [(row.file, str(row.state)) for row in db_builders.rows(batch)] == [("a.jpg.png", "waiting")]
    assert db_builders.try_claim(shard) is None, "its old message does nothing"
    assert troubles() == {}
    assert scan(store) == []


def test_a_late_marker_of_a_batch_that_has_begun_is_a_trouble(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    scan(store)
    quiet(1001)
    (batch,) = scan(store)
    db_builders.claim(db_builders.shard(batch))
    store.put(f"{prefix}/_READY", b'{"recipe": "archival"}')
    assert scan(store) == []
    assert f"batch {batch} with recipe catalog, and that batch has begun" in troubles()[prefix]
    assert db_builders.head(batch).recipe == load("catalog").digest
