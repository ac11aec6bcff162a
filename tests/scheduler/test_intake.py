"""Complete uploads become batches, each once, from a folder and from S3 alike."""

import io
import json
import os
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import boto3
import pytest

from line.errors import ServiceError
from line.trouble import TroubleKind
from records import recipes
from records.queries.reports import troubles as current
from records.storage.bucket import Bucket
from records.troubles import dismiss
from scheduler.intake.listing import Upload, listing_digest
from scheduler.intake.scan import Scan
from scheduler.intake.take import Intake
from tests.harness import db_builders
from tests.harness.context import bucket, context, load, settings, transact
from tests.harness.context import scan as new_scan
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
    db_builders.execute("DELETE FROM troubles")
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


def scan(store: Bucket) -> list[int]:
    """What a scheduler that has just started takes."""
    return new_scan().once()


def troubles(kind: TroubleKind = TroubleKind.INGEST) -> dict[str, str]:
    """What is not taken, or what is still arriving, by subject."""
    return {trouble.subject: trouble.sentence for trouble in transact(current) if trouble.kind is kind}


def quiet(seconds: float) -> None:
    """So much time goes by without a change."""
    db_builders.execute("UPDATE sightings SET changed_at = changed_at - make_interval(secs => :s)", s=seconds)


def test_a_marked_upload_is_taken_at_once_and_only_once(store: Bucket) -> None:
    prefix = drop(store, "b.jpg", "deep/er/a.png")
    (batch,) = scan(store)
    assert names(batch) == ["b.jpg", "deep/er/a.png"]
    head = db_builders.head(batch)
    assert (head.vendor, head.prefix, head.images) == ("acme", prefix, 2)
    assert head.out.startswith(f"{store.url}/delivered/acme/{Path(prefix).name}-")
    assert {row.file for row in db_builders.rows(batch)} == {"b.jpg", "deep/er/a.png.jpg"}
    assert {row.source for row in db_builders.rows(batch)} == {f"{prefix}/b.jpg", f"{prefix}/deep/er/a.png"}
    assert scan(store) == []


def test_an_upload_that_still_arrives_is_not_taken(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    assert scan(store) == []
    quiet(999)
    store.put(f"{prefix}/b.jpg", b"late")
    assert scan(store) == []
    quiet(1001)
    assert scan(store) == [], "a line with pauses of 999 seconds is given more time"
    quiet(2000)
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg", "b.jpg"]
    assert scan(store) == []


def test_a_file_that_grows_begins_the_quiet_period_anew(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    assert scan(store) == []
    quiet(999)
    store.put(f"{prefix}/a.jpg", b"more of it")
    assert scan(store) == []
    quiet(999)
    assert scan(store) == []


def test_a_changed_upload_becomes_a_new_batch_and_the_old_one_stays(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    scan(store)
    quiet(1001)
    (first,) = scan(store)
    store.put(f"{prefix}/a.jpg", b"other bytes")
    assert scan(store) == []
    quiet(1001)
    (second,) = scan(store)
    assert db_builders.head(first).digest != db_builders.head(second).digest
    assert db_builders.head(first).out != db_builders.head(second).out
    assert db_builders.states(first) == db_builders.states(second) == {"waiting": 1}


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


def test_four_schedulers_that_see_an_upload_at_once_make_one_batch(store: Bucket) -> None:
    drop(store, *(f"{number}.jpg" for number in range(20)))
    with ThreadPoolExecutor(4) as pool:
        taken = [
            batch for future in [pool.submit(scan, store) for _ in range(4)] for batch in future.result(60)
        ]
    assert len(taken) == 1


class Away(Intake):
    """An intake whose bucket can be listed, and not read."""

    def take(self, upload: Upload, *, only_new: bool = False) -> int | None:
        raise ServiceError("the bucket is away")


def test_an_upload_that_could_not_be_taken_because_of_an_outage_is_taken_later(store: Bucket) -> None:
    drop(store, "a.jpg")
    assert Scan(Away.of(context()), quiet_seconds=1000).once() == []
    assert len(scan(store)) == 1


def test_what_systems_leave_behind_is_no_photo(store: Bucket) -> None:
    drop(store, "a.jpg", ".DS_Store", "sub/Thumbs.db", "desktop.ini")
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg"]


def test_an_upload_with_nothing_in_it_is_a_batch_that_is_done_at_once(store: Bucket) -> None:
    drop(store)
    (batch,) = scan(store)
    assert db_builders.head(batch).images == 0


# --- markers -------------------------------------------------------------------------------------


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
    (taken,) = scan(store)
    assert db_builders.head(taken).prefix == good
    assert said in troubles()[prefix]
    assert scan(store) == []
    store.put(f"{prefix}/_READY", b"")
    (mended,) = scan(store)
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
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg", "sub/b.jpg"]


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_key_that_no_folder_could_have_blocks_only_its_own_upload(store: Bucket, client: object) -> None:
    name = store.url.removeprefix("s3://")
    client.put_object(Bucket=name, Key="ingest/aaa/odd//x.jpg", Body=b"x")  # type: ignore[attr-defined]
    client.put_object(Bucket=name, Key="ingest/aaa/odd/_READY", Body=b"")  # type: ignore[attr-defined]
    client.put_object(Bucket=name, Key="ingest/aab/./x.jpg", Body=b"x")  # type: ignore[attr-defined]
    good = drop(store, "a.jpg")
    taken = {db_builders.head(batch).prefix: db_builders.rows(batch) for batch in scan(store)}
    assert taken.keys() == {good, "ingest/aaa/odd"}
    assert [row.reason for row in taken["ingest/aaa/odd"]] == ["unreadable"]
    assert "cannot read" in troubles()["ingest/aab/."]


# --- pure ----------------------------------------------------------------------------------------


def test_a_listings_digest_does_not_hang_on_its_order(store: Bucket) -> None:
    drop(store, "a.jpg", "b.jpg", "c.jpg")
    listed = list(store.walk("ingest"))
    assert listing_digest(listed) == listing_digest(reversed(listed))
    assert listing_digest(listed) != listing_digest(listed[1:])
    assert listing_digest([]) == "0" * 64
    assert settings().quiet_seconds == 1000


# --- what is still arriving ------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["b.jpg.filepart", ".c.jpg.Xa82kQ", "d.jpg.crdownload", ".in.e.jpg."])
def test_a_temporary_file_of_a_transfer_program_means_still_arriving(store: Bucket, name: str) -> None:
    prefix = drop(store, "a.jpg", name, "a.jpg:Zone.Identifier", marker=None)
    scan(store)
    quiet(3000)
    assert scan(store) == []
    assert f"{name} still being transferred" in troubles(TroubleKind.ARRIVING)[prefix]
    store.delete(f"{prefix}/{name}")
    store.put(f"{prefix}/whole.jpg", b"x")
    scan(store)
    quiet(10_000)
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg", "whole.jpg"]
    assert prefix not in troubles(TroubleKind.ARRIVING)


def test_temporary_files_hold_an_upload_back_for_an_hour_and_no_longer(store: Bucket) -> None:
    drop(store, "a.jpg", "b.jpg.part", marker=None)
    scan(store)
    quiet(3601)
    (batch,) = scan(store)
    assert {row.name: row.reason for row in db_builders.rows(batch)} == {
        "a.jpg": "",
        "b.jpg.part": "incomplete_transfer",
    }


def test_an_upload_that_submit_copies_is_not_taken_however_long_it_stalls(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", marker=None)
    store.put(f"{prefix}/_ARRIVING", b"{}")
    assert scan(store) == []
    assert "is copying it" in troubles(TroubleKind.ARRIVING)[prefix]
    quiet(100_000)
    assert scan(store) == []
    assert "the same `sluice submit` again goes on" in troubles()[prefix]
    store.put(f"{prefix}/b.jpg", b"x")
    store.put(f"{prefix}/_READY", b"")
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg", "b.jpg"]
    assert troubles() == {}


def test_files_that_come_after_silence_was_taken_for_complete_are_a_batch_of_their_own(store: Bucket) -> None:
    prefix = drop(store, "a.jpg", "b.jpg", marker=None)
    scan(store)
    quiet(1001)
    (first,) = scan(store)
    store.put(f"{prefix}/c.jpg", b"late")
    store.put(f"{prefix}/_READY", b"")
    (second,) = scan(store)
    assert (names(first), names(second)) == (["a.jpg", "b.jpg"], ["c.jpg"])


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


def test_a_vendor_may_have_a_quiet_period_of_its_own(store: Bucket, tmp_path: Path) -> None:
    (tmp_path / "sluice.toml").write_text("[vendors.acme]\nquiet_seconds = 5000\n")
    with environment({"SLUICE_CONFIG": str(tmp_path / "sluice.toml"), "SLUICE_BUCKET_URL": store.url}):
        drop(store, "a.jpg", marker=None)
        scan(store)
        quiet(4000)
        assert scan(store) == []
        quiet(1001)
        assert len(scan(store)) == 1


# --- everything in the bucket is taken, refused, or a trouble ----------------------------------------


def test_what_belongs_to_no_upload_is_a_trouble_that_can_be_dismissed(store: Bucket) -> None:
    for key in (
        "ingest/acme/loose.jpg",
        "ingest/loose2.jpg",
        "ingest/acme/photos.rar",
        "ingest/acme/._photos.zip",
    ):
        store.put(key, b"x")
    store.put("ingest/acme/gone.zip._READY", b"")
    assert scan(store) == []
    found = troubles()
    assert found["ingest/acme/loose.jpg"] == "lies in no upload; put it into a folder ingest/acme/UPLOAD/"
    assert found["ingest/loose2.jpg"] == "lies in no upload; put it into a folder ingest/VENDOR/UPLOAD/"
    assert "send .zip, .7z, .tar" in found["ingest/acme/photos.rar"]
    assert "a marker without its upload" in found["ingest/acme/gone.zip._READY"]
    assert len(found) == 4, "litter is no trouble"
    number = next(trouble.id for trouble in transact(current) if trouble.subject == "ingest/loose2.jpg")
    transact(lambda connection: dismiss(connection, number))
    scan(store)
    assert "ingest/loose2.jpg" not in troubles()
    store.delete("ingest/acme/loose.jpg")
    scan(store)
    assert "ingest/acme/loose.jpg" not in troubles()


def test_many_loose_files_are_one_trouble(store: Bucket) -> None:
    for number in range(12):
        store.put(f"ingest/acme/{number}.jpg", b"x")
    scan(store)
    assert "12 files lie in no upload" in troubles()["ingest/acme"]


def test_each_folder_is_listed_once_in_a_scan(store: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    for vendor in ("acme", "beta"):
        store.put(f"ingest/{vendor}/spring/a.jpg", b"x")
    level, listed = type(store).level, []
    monkeypatch.setattr(
        type(store), "level", lambda self, prefix: listed.append(prefix) or level(self, prefix)
    )
    scan(store)
    assert sorted(listed) == ["ingest", "ingest/acme", "ingest/beta"]


def test_litter_is_left_out_and_sidecars_are_counted(store: Bucket) -> None:
    drop(
        store,
        "a.jpg",
        "._a.jpg",
        "@eaDir/a.jpg",
        "Thumbs.DB",
        ".picasa.ini",
        "a.xmp",
        "list.CSV",
        "read me.txt",
    )
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg"]
    assert db_builders.head(batch).other_files == 3


def test_an_upload_that_is_gone_is_no_trouble_any_more(store: Bucket) -> None:
    store.put("ingest/acme/bad.zip", b"PK not really")
    store.put("ingest/acme/bad.zip._READY", b"")
    scan(store)
    assert "ingest/acme/bad.zip" in troubles()
    store.delete("ingest/acme/bad.zip")
    store.delete("ingest/acme/bad.zip._READY")
    scan(store)
    assert troubles() == {}


def test_an_upload_in_a_folder_that_cannot_be_listed_keeps_its_trouble(
    store: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.put("ingest/acme/bad.zip", b"PK not really")
    store.put("ingest/acme/bad.zip._READY", b"")
    looking = new_scan()
    looking.once()
    level = type(store).level

    def fail(self: Bucket, prefix: str) -> object:
        if prefix == "ingest/acme":
            raise ServiceError("it cannot be listed now")
        return level(self, prefix)

    with monkeypatch.context() as outage:
        outage.setattr(type(store), "level", fail)
        looking.once()
        assert troubles()["ingest/acme"] == "it cannot be listed now"
        assert "ingest/acme/bad.zip" in troubles()
    looking.once()
    assert troubles().keys() == {"ingest/acme/bad.zip"}


@pytest.mark.parametrize("store", ["file"], indirect=True)
def test_every_file_of_a_folder_is_in_the_records(store: Bucket) -> None:
    prefix = drop(store, "ok.jpg", "SKU 4711#2", "tab\tname.jpg", "x" * 251 + ".jpg", "cap.jpg", marker=None)
    folder = Path(store.url.removeprefix("file://")) / prefix
    (folder / "gone.jpg").symlink_to("nowhere")
    (folder / "loop").symlink_to(folder)
    for name in (b"\xc2\xcc\xc9\xab\xc3\xb1\xd7\xd3.jpg", b"\xb0\xd7\xc9\xab\xb3\xc4\xc9\xc0.jpg"):
        with open(os.fsencode(folder) + b"/" + name, "wb") as file:  # noqa: PTH123 - a name in bytes
            file.write(name)
    store.put(f"{prefix}/_READY", b"")
    (batch,) = scan(store)
    rows = {row.name: row for row in db_builders.rows(batch)}
    assert {name for name, row in rows.items() if row.reason} == {"gone.jpg", "loop"}
    assert rows["gone.jpg"].reason == "unreadable"
    assert rows.keys() - {"gone.jpg", "loop"} == {
        "ok.jpg",
        "SKU 4711#2",
        "tab\tname.jpg",
        "x" * 251 + ".jpg",
        "cap.jpg",
        "绿色帽子.jpg",
        "白色衬衫.jpg",
    }
    assert rows["绿色帽子.jpg"].raw_name == "%C2%CC%C9%AB%C3%B1%D7%D3.jpg"
    assert rows["绿色帽子.jpg"].file == "绿色帽子.jpg"
    assert all(store.get(row.source) for row in rows.values() if not row.reason)


@pytest.mark.parametrize("store", ["s3"], indirect=True)
def test_a_key_that_cannot_be_read_is_a_rejected_row_and_its_neighbours_are_taken(
    store: Bucket, client: object
) -> None:
    prefix = drop(store, *(f"{number}.jpg" for number in range(17)), marker=None)
    name = store.url.removeprefix("s3://")
    client.put_object(Bucket=name, Key=f"{prefix}/tab\tname.jpg", Body=b"x")  # type: ignore[attr-defined]
    store.put(f"{prefix}/_READY", b"")
    (batch,) = scan(store)
    rows = db_builders.rows(batch)
    assert len(rows) == 18
    assert [(row.name, str(row.state)) for row in rows if row.reason] == [("tab\tname.jpg", "rejected")]


def test_a_file_and_a_folder_of_one_name_are_delivered_side_by_side(store: Bucket) -> None:
    store.put(
        "ingest/acme/both.zip",
        packed(
            **{"cap.jpg": b"1", "cap.jpg__detail.jpg": b"2", "Cap.JPG__b.jpg": b"3", "cap.jpg~2__x.jpg": b"4"}
        ),
    )
    store.put("ingest/acme/both.zip._READY", b"")
    (batch,) = scan(store)
    files = {row.name: row.file for row in db_builders.rows(batch)}
    assert files["cap.jpg"] == "cap.jpg"
    folders = {name: file.partition("/")[0] for name, file in files.items() if "/" in name}
    assert "cap.jpg" not in {folder.casefold() for folder in folders.values()}
    assert folders["cap.jpg~2/x.jpg"] != folders["cap.jpg/detail.jpg"]
