"""One contract for every bucket: a folder and S3."""

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from line.errors import InputError, ServiceError
from line.filenames.name_bytes import raw_bytes
from records.storage.bucket import Bucket, MissingObjectError, UnwritableKeyError, open_bucket
from tests.harness import waiting
from tests.harness.line import environment
from tests.harness.objects import new_bucket, s3, s3_client

NAMES = [
    "SKU 4711#2",
    "x" * 251 + ".jpg",
    "a%20b.jpg",
    "ä#é.jpg",
    "a\u0301.jpg",
    "c?d.jpg",
    "e\\f.jpg",
    'g"h.jpg',
    "😀.jpg",
    " x ",
    "..y",
    "z{}~1.jpg",
]


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with s3() as variables, environment(variables):
        yield variables


@pytest.fixture(params=["file", "s3", "s3 with a prefix"])
def bucket(request: pytest.FixtureRequest, tmp_path: Path) -> Bucket:
    if request.param == "file":
        return open_bucket((tmp_path / "a bucket").as_uri())
    url = new_bucket(request.getfixturevalue("variables"))
    return open_bucket(url if request.param == "s3" else f"{url}/some/prefix")


def keys(bucket: Bucket, prefix: str = "") -> list[str]:
    return sorted(item.key for item in bucket.walk(prefix))


def test_what_was_put_is_got(bucket: Bucket) -> None:
    bucket.put("a/b.jpg", b"first")
    assert bucket.get("a/b.jpg") == b"first"
    bucket.put("a/b.jpg", b"second")
    assert bucket.get("a/b.jpg") == b"second"
    assert keys(bucket) == ["a/b.jpg"]


@pytest.mark.parametrize("name", NAMES)
def test_a_vendors_name_comes_back_from_a_listing_as_it_was_put(bucket: Bucket, name: str) -> None:
    bucket.put(f"upload/{name}", b"x")
    assert keys(bucket, "upload") == [f"upload/{name}"]
    assert bucket.get(f"upload/{name}") == b"x"


def test_what_is_not_there_is_missing_and_no_outage(bucket: Bucket, tmp_path: Path) -> None:
    with pytest.raises(MissingObjectError, match=r"no object a/b\.jpg"):
        bucket.get("a/b.jpg")
    with pytest.raises(MissingObjectError):
        bucket.download("a/b.jpg", tmp_path / "down")
    assert bucket.tag("a/b.jpg") is None
    assert bucket.find("a/b.jpg") is None
    bucket.delete("a/b.jpg")
    assert keys(bucket) == []
    assert bucket.level("a") == ([], [])


def test_what_is_kept_is_named_by_its_content_and_kept_once(bucket: Bucket) -> None:
    first, again, other = bucket.keep(b"x", ".qoi"), bucket.keep(b"x", ".qoi"), bucket.keep(b"y", ".qoi")
    assert first == again != other
    assert first == "objects/2d/2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881.qoi"
    assert keys(bucket) == sorted([first, other])


def modified(bucket: Bucket, key: str) -> datetime:
    entry = bucket.find(key)
    assert entry is not None
    return entry.modified


def test_an_object_is_deleted_only_where_it_is_old_and_keeping_it_again_makes_it_young(
    bucket: Bucket,
) -> None:
    first = bucket.keep(b"x", ".qoi")
    written = modified(bucket, first)
    assert not bucket.delete_older(first, written - timedelta(seconds=1))
    waiting.until(  # S3 tells whole seconds
        lambda: bucket.keep(b"x", ".qoi") == first and modified(bucket, first) > written,
        "keeping it again renewed its time",
    )
    assert not bucket.delete_older(first, written + timedelta(microseconds=1))
    assert bucket.get(first) == b"x"
    assert bucket.delete_older(first, written + timedelta(days=1))
    assert bucket.delete_older(first, written), "it is gone already"
    assert keys(bucket) == []


def test_files_go_in_and_out_at_flat_memory(bucket: Bucket, tmp_path: Path) -> None:
    source, target = tmp_path / "in", tmp_path / "out"
    source.write_bytes(b"0123456789" * 300_000)
    bucket.put_file("big", source)
    bucket.download("big", target)
    assert target.read_bytes() == source.read_bytes()


def test_a_tag_changes_whenever_the_object_is_written_with_other_bytes(bucket: Bucket) -> None:
    bucket.put("a", b"1")
    tag = bucket.tag("a")
    assert tag == bucket.tag("a")
    bucket.put("a", b"22")
    assert bucket.tag("a") != tag


def test_a_listing_tells_size_and_time(bucket: Bucket) -> None:
    bucket.put("a/b", b"12345")
    (item,) = bucket.walk("a")
    assert (item.key, item.size) == ("a/b", 5)
    assert item.modified.tzinfo is not None
    assert item == bucket.find("a/b")


def test_a_level_is_told_from_what_lies_below(bucket: Bucket) -> None:
    for key in ("ingest/acme/spring/1.jpg", "ingest/acme/autumn.zip", "ingest/beta/x/2.jpg", "ingestion/3"):
        bucket.put(key, b"x")
    assert sorted(bucket.level("ingest").folders) == ["ingest/acme", "ingest/beta"]
    assert bucket.level("ingest/acme").folders == ["ingest/acme/spring"]
    assert bucket.level("ingest/acme").files == ["ingest/acme/autumn.zip"]


def test_more_objects_than_one_page_are_all_listed(bucket: Bucket, tmp_path: Path) -> None:
    count = 1100 if bucket.url.startswith("file") else 60
    for number in range(count):
        bucket.put(f"many/{number}", b"")
    assert len(keys(bucket, "many")) == count


def test_a_bucket_that_cannot_be_reached_is_an_outage(variables: dict[str, str]) -> None:
    url = new_bucket(variables)
    s3_client(variables).delete_bucket(Bucket=url.removeprefix("s3://"))
    gone = open_bucket(url)
    with pytest.raises(ServiceError, match="cannot write a"):
        gone.put("a", b"x")
    with pytest.raises(ServiceError, match="cannot list"):
        keys(gone)


def test_a_full_disk_is_an_outage_and_leaves_no_half_object(tmp_path: Path) -> None:
    """A folder in which nothing can be made stands for a disk that is full, also for root."""
    store = open_bucket((tmp_path / "bucket").as_uri())
    (tmp_path / "bucket" / "objects").write_bytes(b"a file where a folder has to be")
    with pytest.raises(ServiceError, match="cannot write"):
        store.keep(b"x", ".qoi")
    assert keys(store) == ["objects"]


@pytest.mark.parametrize("url", ["", "/srv/photos", "http://host/bucket", "gs://bucket"])
def test_other_addresses_are_refused_with_the_known_ones(url: str) -> None:
    with pytest.raises(InputError, match="s3://"):
        open_bucket(url)


# --- folders ---------------------------------------------------------------------------------------


def test_every_name_that_a_file_system_takes_is_a_key(tmp_path: Path) -> None:
    store = open_bucket((tmp_path / "bucket").as_uri())
    names = [b"tab\tname.jpg", b"M\xfctze.jpg", b"SKU#1", b"y" * 255, b"new\nline"]
    for name in names:
        with open(os.fsencode(tmp_path / "bucket") + b"/" + name, "wb") as file:  # noqa: PTH123 - bytes, not text
            file.write(name)
    listed = list(store.walk(""))
    assert sorted(store.get(item.key) for item in listed) == sorted(names)
    assert all(item.key.encode() for item in listed), "every key is text that Postgres takes"
    assert [raw for item in listed if (raw := raw_bytes(item.key))] == [b"M\xfctze.jpg"]


def test_links_are_followed_and_what_cannot_be_read_is_listed_with_its_problem(tmp_path: Path) -> None:
    store, root = open_bucket((tmp_path / "bucket").as_uri()), tmp_path / "bucket"
    store.put("up/a.jpg", b"a")
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "r.jpg").write_bytes(b"r")
    (root / "up" / "caps").symlink_to(tmp_path / "real")
    (root / "up" / "loop").symlink_to(root / "up")
    (root / "up" / "gone.jpg").symlink_to("nowhere")
    problems = {item.key: item.problem for item in store.walk("up")}
    assert problems.pop("up/a.jpg") == problems.pop("up/caps/r.jpg") == ""
    assert problems == {
        "up/loop": "The link leads back to a folder above it.",
        "up/gone.jpg": "The link leads nowhere.",
    }


def test_a_key_below_a_file_or_over_a_folder_can_never_be_written(tmp_path: Path) -> None:
    store = open_bucket((tmp_path / "bucket").as_uri())
    store.put("cap.jpg", b"x")
    store.put("sub/a.jpg", b"x")
    for key in ("cap.jpg/detail.jpg", "sub", "z" * 300):
        with pytest.raises(UnwritableKeyError, match="cannot write"):
            store.put(key, b"y")
    assert keys(store) == ["cap.jpg", "sub/a.jpg"], "and nothing half-written stays"


def test_a_folder_that_is_gone_has_lost_no_object(tmp_path: Path) -> None:
    store = open_bucket((tmp_path / "bucket").as_uri())
    store.put("a.jpg", b"x")
    (tmp_path / "bucket").rename(tmp_path / "away")
    with pytest.raises(ServiceError, match="is gone") as raised:
        store.get("a.jpg")
    assert not isinstance(raised.value, MissingObjectError)
    (tmp_path / "away").rename(tmp_path / "bucket")
    assert store.get("a.jpg") == b"x"


# --- S3 --------------------------------------------------------------------------------------------


def test_a_key_that_cannot_be_read_hides_none_of_its_neighbours(variables: dict[str, str]) -> None:
    url = new_bucket(variables)
    store = open_bucket(f"{url}/some/prefix")
    good = [f"ingest/acme/keys/{number}.jpg" for number in range(17)]
    for key in good:
        store.put(key, b"x")
    for odd in ("keys/tab\tname.jpg", "keys//x.jpg", "keys/./y.jpg", "loose\t.jpg"):
        s3_client(variables).put_object(
            Bucket=url.removeprefix("s3://"), Key=f"some/prefix/ingest/acme/{odd}", Body=b"x"
        )
    listed = list(store.walk("ingest/acme/keys"))
    assert sorted(item.key for item in listed if not item.problem) == sorted(good)
    assert sorted(item.key for item in listed if item.problem) == [
        "ingest/acme/keys/./y.jpg",
        "ingest/acme/keys//x.jpg",
        "ingest/acme/keys/tab\tname.jpg",
    ]
    assert store.level("ingest/acme").folders == ["ingest/acme/keys"]
    assert store.level("ingest/acme").files == ["ingest/acme/loose\t.jpg"]


def test_a_bucket_that_does_not_exist_has_lost_no_object(variables: dict[str, str]) -> None:
    with pytest.raises(ServiceError, match="does not exist: create it") as raised:
        open_bucket("s3://never-made").get("a.jpg")
    assert not isinstance(raised.value, MissingObjectError)
