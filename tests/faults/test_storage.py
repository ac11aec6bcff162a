"""Buckets that are S3, are full, or come back: a whole batch on real workers."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness import promises
from tests.harness.context import bucket, settings
from tests.harness.line import Line, line, photos, recipe
from tests.harness.objects import new_bucket, s3
from tests.harness.services import Servers

pytestmark = [pytest.mark.services, pytest.mark.faults]


@pytest.fixture
def on_s3(tmp_path: Path, servers: Servers) -> Iterator[Line]:
    with s3() as variables:
        url = f"{new_bucket(variables)}/shop"
        # no quiet period ends while a busy machine still writes the upload: the marker alone completes it
        with line(
            tmp_path, servers, SLUICE_BUCKET_URL=url, SLUICE_QUIET_SECONDS="600", **variables
        ) as under_test:
            yield under_test


def test_a_whole_batch_on_s3_from_the_vendors_objects_to_the_manifest(on_s3: Line, tmp_path: Path) -> None:
    store = bucket(settings().bucket)
    for photo in sorted(photos(tmp_path / "upload", 10).iterdir()):
        store.put_file(f"ingest/acme/spring/shoes/{photo.name}", photo)
    store.put("ingest/acme/spring/broken.jpg", b"\xff\xd8\xff no more")
    rules = tmp_path / "plain.toml"
    from records import recipes
    from tests.harness.context import load, transact

    digest = transact(lambda connection: recipes.save(connection, load(str(recipe(rules)))))
    on_s3.start(workers=2)
    store.put("ingest/acme/spring/_READY", f'{{"recipe": "{digest}"}}'.encode())

    done = on_s3.wait(on_s3.until(lambda: batch_of(on_s3), "the upload was taken"))
    assert promises.counts(done) == {"delivered": 10, "rejected": 1}
    assert done["delivered"].startswith(f"{store.url}/delivered/acme/spring-")
    delivered = on_s3.delivered(done["batch"])
    assert set(delivered) == {f"shoes/photo{number:04}.jpg" for number in range(10)}
    assert all(data.startswith(b"\xff\xd8\xff") for data in delivered.values())
    manifest = bucket(done["delivered"]).get("manifest.jsonl").decode().splitlines()
    assert len(manifest) == 11
    assert promises.unjudged(done["batch"]) == []


def batch_of(under_test: Line) -> int | None:
    from records import batches
    from tests.harness.context import transact

    return transact(lambda connection: batches.of_prefix(connection, "ingest/acme/spring"))


def test_a_disk_that_is_full_stops_the_work_and_room_sets_it_going_again(
    sluice: Line, tmp_path: Path
) -> None:
    """Where a folder must be made stands a file: nothing can be written there, not even by root."""
    batch = sluice.submit(photos(tmp_path / "upload", 12), recipe(tmp_path / "plain.toml", shard=4))
    objects = tmp_path / "bucket" / "objects"
    objects.write_bytes(b"")
    sluice.start(workers=1)
    sluice.until(lambda: "cannot write" in sluice.logs(), "a worker told that it cannot write")
    assert sluice.steps(batch) == []
    objects.unlink()
    done = sluice.wait(batch)
    assert promises.counts(done) == {"delivered": 12}
    passed = Counter((step.image_id, step.position) for step in sluice.steps(batch))
    assert set(passed.values()) == {1}
