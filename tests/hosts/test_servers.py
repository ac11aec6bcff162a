"""A batch over several hosts ends complete, whatever becomes of the servers that they share."""

import time

import pytest

from records.queries import reports
from tests.harness.context import transact
from tests.harness.services import Servers
from tests.hosts.cluster import Cluster

pytestmark = [pytest.mark.services, pytest.mark.faults]

OUTAGE_SECONDS = 20
"""Longer than a step waits for S3 by itself."""


@pytest.mark.parametrize("mode", ["503", "hang"])
def test_an_s3_that_fails_or_hangs(hosts: Cluster, mode: str) -> None:
    hosts.two_workers()
    work = hosts.begin()
    hosts.s3_relay.mode = mode
    time.sleep(OUTAGE_SECONDS)
    hosts.s3_relay.mode = "pass"
    work.finish()


def test_a_postgres_that_fails_over_silently_is_left(hosts: Cluster) -> None:
    hosts.two_workers()
    work = hosts.begin()
    before = work.done_count()
    began = time.monotonic()
    hosts.fail_over()
    hosts.line.until(lambda: work.done_count() > before + 4, "work goes on")
    print(f"\nHOSTS work goes on {time.monotonic() - began:.0f} s after the failover")
    work.finish()
    assert all(map(hosts.alive, ("head", "w0", "w1")))


def test_a_redis_that_is_read_only_and_then_emptied(hosts: Cluster, servers: Servers) -> None:
    hosts.two_workers()
    work = hosts.begin()
    broker = servers.broker()
    broker.execute_command("REPLICAOF", "127.0.0.1", "1")
    try:
        hosts.line.until(
            lambda: any("read-only" in trouble.sentence for trouble in transact(reports.troubles)),
            "status says that Redis is read-only",
        )
    finally:
        broker.execute_command("REPLICAOF", "NO", "ONE")
    broker.flushall()
    work.finish()
    assert all(map(hosts.alive, ("head", "w0", "w1")))
