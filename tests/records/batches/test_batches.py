"""Batches: recorded once and whole, halted, probed, closed."""

import threading
import tracemalloc
import unicodedata
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.filenames.names import fold
from records import batches
from records.batches import NewImage
from tests.harness import db_builders
from tests.harness.context import transact
from tests.records.batches.breaking import halt

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def close(batch: int) -> bool:
    return transact(lambda connection: batches.close(connection, batch))


def test_a_batch_is_recorded_once_however_often_it_is_seen() -> None:
    digest = uuid4().hex
    first = db_builders.record(3, digest=digest)
    assert db_builders.record(3, digest=digest) is None
    assert first is not None
    assert transact(lambda connection: batches.find(connection, digest)) == first
    assert db_builders.states(first) == {"waiting": 3}
    assert db_builders.head(first).images == 3


def test_two_schedulers_that_record_the_same_batch_at_once_make_one() -> None:
    digest, together = uuid4().hex, threading.Barrier(2)

    def files() -> Iterator[NewImage]:
        yield db_builders.named("a.jpg")
        yield db_builders.named("b.jpg")

    def record() -> int | None:
        together.wait(10)
        return db_builders.record(files(), digest=digest)

    with ThreadPoolExecutor(2) as pool:
        answers = [future.result(30) for future in [pool.submit(record) for _ in range(2)]]
    assert sum(answer is not None for answer in answers) == 1
    assert db_builders.states(max(answer or 0 for answer in answers)) == {"waiting": 2}


def test_a_batch_whose_listing_breaks_off_is_not_recorded_at_all() -> None:
    digest = uuid4().hex

    def broken() -> Iterator[NewImage]:
        yield db_builders.named("a.jpg")
        raise InputError("the archive is damaged")

    with pytest.raises(InputError, match="damaged"):
        db_builders.record(broken(), digest=digest)
    assert transact(lambda connection: batches.find(connection, digest)) is None
    assert db_builders.record(2, digest=digest) is not None


def test_five_thousand_images_are_recorded_at_flat_memory() -> None:
    def measure(count: int) -> int:
        tracemalloc.start()
        batch = db_builders.batch(db_builders.named(f"folder/photo{i}.jpg") for i in range(count))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert db_builders.head(batch).images == count
        return peak

    measure(10)
    small, large = measure(500), measure(5000)
    assert large < small + 300_000


def test_a_refused_file_is_recorded_as_rejected_with_its_reason() -> None:
    refused = NewImage("../x.jpg", "ingest/x", 9, "x.jpg", "outside_path", "It points outside.")
    batch = db_builders.batch([refused, db_builders.named("b.jpg")])
    first = db_builders.rows(batch)[0]
    assert (first.state, first.reason, first.sentence) == ("rejected", "outside_path", "It points outside.")
    assert db_builders.states(batch) == {"rejected": 1, "waiting": 1}


E_ACUTE = "\u00e9"
TWINS = [
    ("a.jpg", "A.jpg"),
    (f"caf{E_ACUTE}.jpg", unicodedata.normalize("NFD", f"caf{E_ACUTE}.jpg")),
    (f"caf{E_ACUTE}.jpg", "caf\u00c9.jpg"),
    ("\u00c4pfel/1.jpg", "\u00e4pfel/1.jpg"),
    ("stra\u00dfe.jpg", "STRASSE.jpg"),
    ("a.png.jpg", "a.png.JPG"),
    ("\u03c3\u03c2.jpg", "\u03a3\u03a3.jpg"),
]


@pytest.mark.parametrize("twins", TWINS, ids=[ascii(pair[1]) for pair in TWINS])
def test_names_that_a_file_system_may_take_for_one_get_different_files(twins: tuple[str, str]) -> None:
    rows = db_builders.rows(db_builders.batch([db_builders.named(name) for name in twins]))
    assert [row.name for row in rows] == list(twins)
    assert len({fold(row.file) for row in rows}) == 2
    assert {row.file for row in rows} & set(twins)
    assert all(row.file.lower().endswith(".jpg") for row in rows)


def test_many_twins_all_get_files_of_their_own_and_others_keep_their_name() -> None:
    names = [f"{letters}.jpg" for letters in ("aa", "aA", "Aa", "AA")] + ["b.jpg"]
    rows = db_builders.rows(db_builders.batch([db_builders.named(name) for name in names]))
    assert len({fold(row.file) for row in rows}) == 5
    assert rows[-1].file == "b.jpg"


def test_a_file_that_already_is_called_like_the_way_out_is_not_overwritten() -> None:
    rows = db_builders.rows(
        db_builders.batch([db_builders.named(name) for name in ("A.jpg", "a.jpg", "a~2.jpg", "A~3.jpg")])
    )
    assert [row.file for row in rows] == ["A.jpg", "a~4.jpg", "a~2.jpg", "A~3.jpg"]


def test_postgres_itself_refuses_two_images_of_one_file() -> None:
    first, second = db_builders.rows(db_builders.batch(2))
    with pytest.raises(sa.exc.IntegrityError, match="images_file"):
        db_builders.execute("UPDATE images SET fold = :fold WHERE id = :id", fold=first.fold, id=second.id)


def test_a_batch_is_done_once_every_image_has_settled() -> None:
    batch = db_builders.batch(2)
    shard = db_builders.shard(batch)
    assert not close(batch)
    db_builders.through(shard)
    assert close(batch)
    row = db_builders.head(batch)
    assert (row.state, row.manifest_due) == ("done", True)
    assert row.finished_at is not None
    assert not close(batch)


def test_a_halted_batch_is_never_closed_over_its_held_images() -> None:
    batch = db_builders.batch(2)
    halt(batch)
    assert not close(batch)
    assert db_builders.states(batch) == {"held": 2}


def test_an_upload_without_a_usable_file_is_done_at_once() -> None:
    batch = db_builders.batch([NewImage("x", "y", 1, "x", "link", "A link.")])
    assert close(batch)


def test_an_unknown_batch_is_an_input_error() -> None:
    with pytest.raises(InputError, match="no batch 987654"):
        transact(lambda connection: batches.get(connection, 987654))
    with pytest.raises(InputError, match="no batch 987654"):
        halt(987654)


def test_a_batch_is_found_by_where_its_upload_lies() -> None:
    batch = db_builders.batch(1)
    assert transact(lambda connection: batches.of_prefix(connection, "ingest/acme/spring")) == batch
    assert transact(lambda connection: batches.of_prefix(connection, "ingest/nobody")) is None


def test_the_line_is_idle_when_no_batch_has_work_left() -> None:
    from records.queries import reports

    db_builders.execute("UPDATE batches SET state = 'done' WHERE state = 'running'")
    db_builders.execute("UPDATE batches SET state = 'halted' WHERE state = 'probing'")
    db_builders.execute("UPDATE batches SET manifest_due = false")
    assert transact(reports.is_idle)
    batch = db_builders.batch(1)
    assert not transact(reports.is_idle)
    halt(batch)
    assert transact(reports.is_idle)
    assert transact(lambda connection: connection.scalar(sa.select(sa.literal(1)))) == 1
