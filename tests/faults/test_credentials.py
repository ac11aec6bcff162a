"""A bucket that refuses a worker, an expired token, a removed bucket: the line says so, and goes on when mended."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from line.trouble import Trouble
from records.queries import reports
from tests.harness import promises
from tests.harness.context import transact
from tests.harness.line import Line, environment, line, photos, recipe
from tests.harness.objects import new_bucket, s3
from tests.harness.scenes.rights import READ, Users
from tests.harness.services import Servers
from tests.harness.system.proxy import expiring

pytestmark = [pytest.mark.services, pytest.mark.faults]

IMAGES = 8
ALL = ("s3:*",)


@pytest.fixture
def variables() -> Iterator[dict[str, str]]:
    with s3() as variables:
        yield variables


def troubles(part: str) -> list[Trouble]:
    """The troubles whose sentence holds ``part``."""
    return [trouble for trouble in transact(reports.troubles) if part in trouble.sentence]


def client(variables: Mapping[str, str]) -> Any:
    return boto3.client("s3", endpoint_url=variables["AWS_ENDPOINT_URL"], **ROOT)


ROOT: dict[str, Any] = {
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "region_name": "us-east-1",
}


@dataclass(frozen=True)
class Refusal:
    """A line with a submitted batch, and a user of its bucket who may only read."""

    line: Line
    batch: int
    users: Users
    reader: dict[str, str]


@pytest.fixture
def refusal(variables: dict[str, str], servers: Servers, tmp_path: Path) -> Iterator[Refusal]:
    url = new_bucket(variables)
    users = Users(variables)
    reader = users.add("reader", READ)
    with (
        users.enforced() as admin,
        line(tmp_path, servers, SLUICE_BUCKET_URL=url, **variables | admin) as under_test,
    ):
        upload = photos(tmp_path / "upload", IMAGES)
        yield Refusal(
            under_test, under_test.submit(upload, recipe(tmp_path / "plain.toml", shard=4)), users, reader
        )


def test_a_worker_whose_credentials_only_read_is_named_and_the_others_do_its_work(refusal: Refusal) -> None:
    under_test, batch = refusal.line, refusal.batch
    under_test.start(workers=1, schedulers=0, env=refusal.reader)
    under_test.start(workers=0)
    (trouble,) = under_test.until(lambda: troubles("the credentials lack a right"), "status names the worker")
    assert trouble.subject.startswith(f"batch {batch}: admit on test-0-0@")
    assert "allow reading, writing, listing and deleting in this bucket" in trouble.sentence
    assert under_test.steps(batch) == []
    under_test.start(workers=1, schedulers=0)
    assert promises.counts(under_test.wait(batch)) == {"delivered": IMAGES}
    assert not troubles("credentials")
    assert under_test.named("test-0-0"), "the refused worker lives"


def test_a_worker_goes_on_when_its_user_is_given_the_right(refusal: Refusal) -> None:
    under_test = refusal.line
    under_test.start(workers=1, env=refusal.reader)
    under_test.until(lambda: troubles("the credentials lack a right"), "status says so")
    refusal.users.allow("reader", ALL)
    assert promises.counts(under_test.wait(refusal.batch)) == {"delivered": IMAGES}
    assert not troubles("credentials")


def test_a_token_that_expires_stops_the_work_until_the_processes_have_a_new_one(
    variables: dict[str, str], servers: Servers, tmp_path: Path
) -> None:
    """The scheduler and the workers are started anew with the new token, as the trouble says."""
    url = new_bucket(variables)
    host, port = variables["AWS_ENDPOINT_URL"].removeprefix("http://").split(":")
    with expiring(host, int(port)) as (endpoint, expired):
        old = variables | {"AWS_ENDPOINT_URL": endpoint, "AWS_SESSION_TOKEN": "first"}
        trace = tmp_path / "trace"
        rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.2, trace=str(trace))
        with line(tmp_path, servers, SLUICE_BUCKET_URL=url, **old) as under_test:
            under_test.start(workers=1)
            batch = under_test.submit(photos(tmp_path / "upload", IMAGES), rules)
            under_test.until(trace.exists, "work is under way")
            expired.add("first")
            under_test.until(lambda: troubles("the credentials have expired: renew AWS_*"), "status says so")
            under_test.kill("", 15)
            with environment({"AWS_SESSION_TOKEN": "second"}):
                under_test.start(workers=1, env={"AWS_SESSION_TOKEN": "second"})
                assert promises.counts(under_test.wait(batch)) == {"delivered": IMAGES}
            assert not troubles("expired")


def test_a_bucket_that_is_removed_is_named_and_work_goes_on_when_it_is_restored(
    variables: dict[str, str], servers: Servers, tmp_path: Path
) -> None:
    url = new_bucket(variables)
    name, store = url.removeprefix("s3://"), client(variables)
    trace = tmp_path / "trace"
    rules = recipe(tmp_path / "slow.toml", shard=2, seconds=0.2, trace=str(trace))
    with line(tmp_path, servers, SLUICE_BUCKET_URL=url, **variables) as under_test:
        under_test.start(workers=1)
        batch = under_test.submit(photos(tmp_path / "upload", IMAGES), rules)
        under_test.until(trace.exists, "work is under way")
        saved = _remove(store, name)
        under_test.until(
            lambda: troubles("the bucket does not exist: create it"), "status says so of the step"
        )
        under_test.until(
            lambda: any(
                "scan: " in text and "create it" in text for text in transact(reports.overview).unable
            ),
            "status says so of the intake",
        )
        _restore(store, name, saved)
        assert promises.counts(under_test.wait(batch)) == {"delivered": IMAGES}
        assert not troubles("bucket")
        under_test.until(lambda: not transact(reports.overview).unable, "the intake goes on")


def _remove(store: Any, name: str) -> dict[str, bytes]:
    """Remove a bucket with all that it holds, also what is written meanwhile; answers the objects."""
    saved: dict[str, bytes] = {}
    while True:
        for item in store.list_objects_v2(Bucket=name).get("Contents", []):
            saved[item["Key"]] = store.get_object(Bucket=name, Key=item["Key"])["Body"].read()
            store.delete_object(Bucket=name, Key=item["Key"])
        try:
            store.delete_bucket(Bucket=name)
            return saved
        except store.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "BucketNotEmpty":
                raise


def _restore(store: Any, name: str, saved: dict[str, bytes]) -> None:
    store.create_bucket(Bucket=name)
    for key, data in saved.items():
        store.put_object(Bucket=name, Key=key, Body=data)
