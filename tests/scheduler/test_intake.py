"""Complete uploads become batches, each once, from a folder and from S3 alike."""

import io
import json
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from line.errors import ServiceError
from line.settings import settings
from records import recipes, upload_scan_state
from records.database import transact
from records.storage.bucket import Bucket, bucket
from scheduler import intake
from tasks.recipes import load
from tests.harness import db_builders
from tests.harness.line import Line, environment
from tests.harness.objects import new_bucket, s3

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with s3() as found, environment(found):
        yield found


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, records: Line) -> Iterator[Bucket]:
    """An empty ingest bucket, and records that have seen nothing of it."""
    local = request.param == "file"
    url = (tmp_path / "bucket").as_uri() if local else new_bucket(request.getfixturevalue("variables"))
    db_builders.execute("DELETE FROM sightings")
    with environment({"SLUICE_BUCKET_URL": url, "SLUICE_QUIET_SECONDS": "1000"}):
        yield bucket(url)


def drop(store: Bucket, *names: str, marker: bytes | None = b"") -> str:
    """An upload of these files; answers its prefix."""
    prefix = f"ingest/acme/{uuid4().hex[:8]}"
    for name in names:
        store.put(f"{prefix}/{name}", b"photo " + name.encode())
    if marker is not None:
        store.put(f"{prefix}/_READY", marker)
    return prefix


def names(batch: int) -> list[str]:
    return sorted(row.name for row in db_builders.rows(batch))


def troubles() -> dict[str, str]:
    return {found["prefix"]: found["trouble"] for found in transact(upload_scan_state.troubles)}


def quiet(seconds: float) -> None:
    """So much time goes by without a change."""
    db_builders.execute("UPDATE sightings SET changed_at = changed_at - make_interval(secs => :s)", s=seconds)


def test_a_marked_upload_is_taken_at_once_and_only_once(store: Bucket) -> None:
    prefix = drop(store, "b.jpg", "deep/er/a.png")
    (batch,) = intake.scan()
    assert names(batch) == ["b.jpg", "deep/er/a.png"]
    head = db_builders.head(batch)
    assert (head.vendor, head.prefix, head.images) == ("acme", prefix, 2)
    assert head.out.startswith(f"{store.url}/delivered/acme/{Path(prefix).name}-")
    assert {row.file for row in db_builders.rows(batch)} == {"b.jpg", "deep/er/a.png.jpg"}
    assert {row.source for row in db_builders.rows(batch)} == {f"{prefix}/b.jpg", f"{prefix}/deep/er/a.png"}
    assert intake.scan() == []


def test_an_upload_that_still_arrives_is_not_taken(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    assert intake.scan() == []
    quiet(999)
    store.put(f"{prefix}/b.jpg", b"late")
    assert intake.scan() == []
    quiet(999)
    assert intake.scan() == []
    quiet(2)
    (batch,) = intake.scan()
    assert names(batch) == ["a.jpg", "b.jpg"]
    assert intake.scan() == []


def test_a_file_that_grows_begins_the_quiet_period_anew(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    assert intake.scan() == []
    quiet(999)
    store.put(f"{prefix}/a.jpg", b"more of it")
    assert intake.scan() == []
    quiet(999)
    assert intake.scan() == []


def test_a_changed_upload_becomes_a_new_batch_and_the_old_one_stays(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    intake.scan()
    quiet(1001)
    (first,) = intake.scan()
    store.put(f"{prefix}/a.jpg", b"other bytes")
    assert intake.scan() == []
    quiet(1001)
    (second,) = intake.scan()
    assert db_builders.head(first).digest != db_builders.head(second).digest
    assert db_builders.head(first).out != db_builders.head(second).out
    assert db_builders.states(first) == db_builders.states(second) == {"waiting": 1}


def test_a_marked_upload_that_changed_is_taken_again_when_its_marker_is_put_anew(store: Bucket) -> None:
    prefix = drop(store, "a.jpg")
    intake.scan()
    store.put(f"{prefix}/a.jpg", b"other bytes")
    assert intake.scan() == []
    store.put(f"{prefix}/_READY", b" ")
    (second,) = intake.scan()
    assert names(second) == ["a.jpg"]


def test_a_marker_put_anew_over_the_same_files_changes_nothing(store: Bucket) -> None:
    prefix = drop(store, "a.jpg")
    assert len(intake.scan()) == 1
    store.put(f"{prefix}/_READY", b" ")
    assert intake.scan() == []


def test_four_schedulers_that_see_an_upload_at_once_make_one_batch(store: Bucket) -> None:
    drop(store, *(f"{number}.jpg" for number in range(20)))
    with ThreadPoolExecutor(4) as pool:
        taken = [
            batch for future in [pool.submit(intake.scan) for _ in range(4)] for batch in future.result(60)
        ]
    assert len(taken) == 1


def test_an_upload_that_could_not_be_taken_because_of_an_outage_is_taken_later(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    drop(store, "a.jpg")

    def away(*_: object) -> None:
        raise ServiceError("the bucket is away")

    with monkeypatch.context() as patched:
        patched.setattr(intake, "take", away)
        assert intake.scan() == []
    assert len(intake.scan()) == 1


def test_what_systems_leave_behind_is_no_photo(store: Bucket) -> None:
    drop(store, "a.jpg", ".DS_Store", "sub/Thumbs.db", "desktop.ini")
    (batch,) = intake.scan()
    assert names(batch) == ["a.jpg"]


def test_an_upload_with_nothing_in_it_is_a_batch_that_is_done_at_once(store: Bucket) -> None:
    drop(store)
    (batch,) = intake.scan()
    assert db_builders.head(batch).images == 0


# --- markers -------------------------------------------------------------------------------------


def test_a_marker_may_name_a_recipe_and_a_target(store: Bucket) -> None:
    drop(store, "a.jpg", marker=b'{"recipe": "archival", "out": "file:///shop/out"}')
    (batch,) = intake.scan()
    assert db_builders.head(batch).recipe == load("archival").digest
    assert db_builders.head(batch).out == "file:///shop/out"
    assert db_builders.rows(batch)[0].file == "a.jpg.png"


def test_a_marker_may_name_a_recorded_recipe_by_its_digest(store: Bucket) -> None:
    digest = transact(lambda connection: recipes.save(connection, load("archival")))
    drop(store, "a.jpg", marker=json.dumps({"recipe": digest}).encode())
    (batch,) = intake.scan()
    assert db_builders.head(batch).recipe == digest


@pytest.mark.parametrize(
    ("marker", "said"),
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
def test_a_bad_marker_is_told_as_trouble_until_it_is_mended(store: Bucket, marker: bytes, said: str) -> None:
    prefix, good = drop(store, "a.jpg", marker=marker), drop(store, "a.jpg")
    (taken,) = intake.scan()
    assert db_builders.head(taken).prefix == good
    assert said in troubles()[prefix]
    assert intake.scan() == []
    store.put(f"{prefix}/_READY", b"")
    (mended,) = intake.scan()
    assert db_builders.head(mended).prefix == prefix
    assert troubles() == {}


# --- archives ------------------------------------------------------------------------------------


def packed(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return data.getvalue()


def test_an_archive_is_taken_once_its_marker_lies_beside_it(store: Bucket) -> None:
    store.put("ingest/acme/spring.zip", packed(**{"a.jpg": b"one", "sub__b.png": b"two"}))
    assert intake.scan() == []
    store.put("ingest/acme/spring.zip._READY", b"")
    (batch,) = intake.scan()
    rows = {row.name: row for row in db_builders.rows(batch)}
    assert sorted(rows) == ["a.jpg", "sub/b.png"]
    assert store.get(rows["sub/b.png"].source) == b"two"
    assert rows["sub/b.png"].file == "sub/b.png.jpg"
    assert intake.scan() == []


def test_what_an_archive_must_not_hold_is_rejected_and_its_neighbours_go_on(store: Bucket) -> None:
    store.put("ingest/acme/zoo.zip", packed(**{"..__up.jpg": b"x", "in.zip": b"x", "a.jpg": b"x"}))
    store.put("ingest/acme/zoo.zip._READY", b"")
    (batch,) = intake.scan()
    assert {row.name: (str(row.state), row.reason) for row in db_builders.rows(batch)} == {
        "../up.jpg": ("rejected", "outside_path"),
        "in.zip": ("rejected", "nested_archive"),
        "a.jpg": ("waiting", ""),
    }
    assert all(row.sentence for row in db_builders.rows(batch, "rejected"))


def test_what_is_no_archive_is_told_as_trouble(store: Bucket) -> None:
    store.put("ingest/acme/bad.zip", b"PK not really")
    store.put("ingest/acme/bad.zip._READY", b"")
    assert intake.scan() == []
    assert "cannot be opened" in troubles()["ingest/acme/bad.zip"]
    assert intake.scan() == []


# --- what is odd about S3 ------------------------------------------------------------------------


@pytest.fixture
def client(variables: dict[str, str]) -> object:
    return boto3.client(
        "s3",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    )


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_folders_made_by_a_console_are_no_photos(store: Bucket, client: object) -> None:
    name = store.url.removeprefix("s3://")
    prefix = drop(store, "a.jpg", "sub/b.jpg")
    for folder in (f"{prefix}/", f"{prefix}/sub/", "ingest/", "ingest/acme/"):
        client.put_object(Bucket=name, Key=folder, Body=b"")  # type: ignore[attr-defined]
    (batch,) = intake.scan()
    assert names(batch) == ["a.jpg", "sub/b.jpg"]


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_key_that_no_folder_could_have_blocks_only_its_own_upload(store: Bucket, client: object) -> None:
    name = store.url.removeprefix("s3://")
    client.put_object(Bucket=name, Key="ingest/aaa/odd//x.jpg", Body=b"x")  # type: ignore[attr-defined]
    client.put_object(Bucket=name, Key="ingest/aaa/odd/_READY", Body=b"")  # type: ignore[attr-defined]
    client.put_object(Bucket=name, Key="ingest/aab/./x.jpg", Body=b"x")  # type: ignore[attr-defined]
    good = drop(store, "a.jpg")
    (batch,) = intake.scan()
    assert db_builders.head(batch).prefix == good


# --- pure ----------------------------------------------------------------------------------------


def test_a_listings_digest_does_not_hang_on_its_order(store: Bucket) -> None:
    drop(store, "a.jpg", "b.jpg", "c.jpg")
    listed = list(store.walk("ingest"))
    assert intake.listing_digest(listed) == intake.listing_digest(reversed(listed))
    assert intake.listing_digest(listed) != intake.listing_digest(listed[1:])
    assert intake.listing_digest([]) == "0" * 64
    assert settings().quiet_seconds == 1000
