"""What a listing of the ingest bucket holds: keys, litter, folders that cannot be read."""

import os
from pathlib import Path
from typing import Any

import pytest

from line.errors import ServiceError
from records.queries.reports import troubles as current
from records.storage.bucket import Bucket
from records.troubles import dismiss
from scheduler.intake.listing import listing_digest
from tests.harness import db_builders
from tests.harness.context import scan as new_scan
from tests.harness.context import settings, transact
from tests.harness.objects import s3_client
from tests.scheduler.intake.uploads import drop, names, packed, scan, troubles

pytestmark = pytest.mark.services


def test_what_systems_leave_behind_is_no_photo(store: Bucket) -> None:
    drop(store, "a.jpg", ".DS_Store", "sub/Thumbs.db", "desktop.ini")
    (batch,) = scan(store)
    assert names(batch) == ["a.jpg"]


@pytest.fixture
def client(variables: dict[str, str]) -> object:
    return s3_client(variables)


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


def test_a_listings_digest_does_not_hang_on_its_order(store: Bucket) -> None:
    drop(store, "a.jpg", "b.jpg", "c.jpg")
    listed = list(store.walk("ingest"))
    assert listing_digest(listed) == listing_digest(reversed(listed))
    assert listing_digest(listed) != listing_digest(listed[1:])
    assert listing_digest([]) == "0" * 64
    assert settings().quiet_seconds == 1000


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
    by_subject = troubles()
    assert (
        by_subject["ingest/acme/loose.jpg"] == "lies in no upload; put it into a folder ingest/acme/UPLOAD/"
    )
    assert by_subject["ingest/loose2.jpg"] == "lies in no upload; put it into a folder ingest/VENDOR/UPLOAD/"
    assert "send .zip, .7z, .tar" in by_subject["ingest/acme/photos.rar"]
    assert "a marker without its upload" in by_subject["ingest/acme/gone.zip._READY"]
    assert len(by_subject) == 4, "litter is no trouble"
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

    def noted(self: Bucket, prefix: str) -> Any:
        listed.append(prefix)
        return level(self, prefix)

    monkeypatch.setattr(type(store), "level", noted)
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
