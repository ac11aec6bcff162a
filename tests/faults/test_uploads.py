"""Uploads that arrive slowly, come again or with other bytes."""

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from records import batches, recipes, uploads
from tests.harness import db_builders, promises
from tests.harness.context import bucket, load, settings, transact
from tests.harness.line import Line, line, photos, recipe
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]


def test_an_upload_that_still_arrives_is_not_taken(tmp_path: Path, servers: Servers) -> None:
    with line(tmp_path, servers, SLUICE_QUIET_SECONDS="600") as sluice:
        store = bucket(settings().bucket)
        prefix = "ingest/acme/spring"
        sluice.start(workers=0, schedulers=1)
        noticed_at = None
        for photo in sorted(photos(tmp_path / "upload", 4).iterdir()):
            store.put_file(f"{prefix}/{photo.name}", photo)
            last = noticed_at

            def noticed(last: str | None = last) -> str | None:
                row = transact(lambda connection: uploads.get(connection, prefix))
                return row.digest if row is not None and row.digest != last else None

            noticed_at = sluice.until(noticed, "intake has seen the newest file")
            assert transact(lambda connection: batches.of_prefix(connection, prefix)) is None
        db_builders.execute("UPDATE sightings SET changed_at = changed_at - interval '10 minutes'")
        batch = sluice.until(
            lambda: transact(lambda connection: batches.of_prefix(connection, prefix)), "the upload was taken"
        )
        assert len(sluice.rows(batch)) == 4


@pytest.mark.thorough
def test_half_a_zip_is_no_batch_and_the_whole_one_is(sluice: Line, tmp_path: Path) -> None:
    store = bucket(settings().bucket)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for photo in sorted(photos(tmp_path / "upload", 4).iterdir()):
            archive.write(photo, photo.name)
    key, data = "ingest/acme/spring.zip", packed.getvalue()
    store.put(key, data[: len(data) // 2])
    sluice.start(workers=0, schedulers=1)
    sluice.until(lambda: transact(uploads.errors), "half a zip was refused")
    assert transact(lambda connection: batches.of_prefix(connection, key)) is None
    store.put(key, data)
    store.put(f"{key}._READY", b"")
    batch = sluice.until(
        lambda: transact(lambda connection: batches.of_prefix(connection, key)), "the whole zip was taken"
    )
    assert len(sluice.rows(batch)) == 4
    assert transact(uploads.errors) == {}


def test_the_same_names_with_other_bytes_are_a_new_batch_and_never_mix_with_the_old(
    sluice: Line, tmp_path: Path
) -> None:
    store = bucket(settings().bucket)
    rules = load(str(recipe(tmp_path / "plain.toml")))
    transact(lambda connection: recipes.save(connection, rules))
    prefix = "ingest/acme/spring"

    def upload(folder: Path) -> int:
        before = transact(lambda connection: batches.of_prefix(connection, prefix))
        for photo in sorted(folder.iterdir()):
            store.put_file(f"{prefix}/{photo.name}", photo)
        store.put(f"{prefix}/_READY", f'{{"recipe": "{rules.digest}"}}'.encode())

        def newest() -> int | None:
            newest_batch = transact(lambda connection: batches.of_prefix(connection, prefix))
            return newest_batch if newest_batch != before else None

        newest_batch: int = sluice.until(newest, "the upload was taken")
        return newest_batch

    sluice.start(workers=0, schedulers=1)
    first = upload(photos(tmp_path / "first", 6))
    newer = photos(tmp_path / "newer", 2)
    for number, photo in enumerate(sorted(photos(tmp_path / "other", 2, start=50).iterdir())):
        photo.replace(newer / f"photo000{number}.jpg")
    second = upload(newer)
    sluice.start(workers=1, schedulers=0)
    assert promises.counts(sluice.wait(first)) == {"delivered": 4, "failed": 2}
    assert promises.counts(sluice.wait(second)) == {"delivered": 6}
    replaced = [row for row in sluice.rows(first) if row.state == "failed"]
    assert [(row.name, row.reason) for row in replaced] == [
        ("photo0000.jpg", "original_replaced"),
        ("photo0001.jpg", "original_replaced"),
    ]
    digest = hashlib.sha256((newer / "photo0000.jpg").read_bytes()).hexdigest()
    assert sluice.rows(second)[0].sha256 == digest
