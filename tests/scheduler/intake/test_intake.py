"""Complete uploads become batches, each once, from a folder and from S3 alike."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from line.errors import ServiceError
from line.trouble import TroubleKind
from records.storage.bucket import Bucket
from scheduler.intake.listing import Upload
from scheduler.intake.scan import Scan
from scheduler.intake.take import Intake
from tests.harness import db_builders
from tests.harness.context import context
from tests.harness.line import environment
from tests.scheduler.intake.uploads import drop, names, quiet, scan, troubles

pytestmark = pytest.mark.services


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


def test_an_upload_with_nothing_in_it_is_a_batch_that_is_done_at_once(store: Bucket) -> None:
    drop(store)
    (batch,) = scan(store)
    assert db_builders.head(batch).images == 0


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


def test_a_vendor_may_have_a_quiet_period_of_its_own(store: Bucket, tmp_path: Path) -> None:
    (tmp_path / "sluice.toml").write_text("[vendors.acme]\nquiet_seconds = 5000\n")
    with environment({"SLUICE_CONFIG": str(tmp_path / "sluice.toml"), "SLUICE_BUCKET_URL": store.url}):
        drop(store, "a.jpg", marker=None)
        scan(store)
        quiet(4000)
        assert scan(store) == []
        quiet(1001)
        assert len(scan(store)) == 1
