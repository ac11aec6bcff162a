"""An ingest bucket, on disk and on S3, and records that have seen nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from records.storage.bucket import Bucket
from tests.harness import db_builders
from tests.harness.context import bucket
from tests.harness.line import Line, environment
from tests.harness.objects import new_bucket, s3


@pytest.fixture(scope="module")
def variables() -> Iterator[dict[str, str]]:
    with s3() as s3_variables, environment(s3_variables):
        yield s3_variables


@pytest.fixture(params=["file", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, records: Line) -> Iterator[Bucket]:
    """An empty ingest bucket, and records that have seen nothing of it."""
    local = request.param == "file"
    url = (tmp_path / "bucket").as_uri() if local else new_bucket(request.getfixturevalue("variables"))
    db_builders.execute("DELETE FROM sightings")
    db_builders.execute("DELETE FROM troubles")
    with environment({"SLUICE_BUCKET_URL": url, "SLUICE_QUIET_SECONDS": "1000"}):
        yield bucket(url)
