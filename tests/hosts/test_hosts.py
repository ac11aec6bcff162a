"""A batch over several hosts ends complete, whatever the network and the servers do meanwhile."""

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from records.database import transact
from records.queries import reports
from tests.harness.line import photos, recipe
from tests.harness.services import Servers
from tests.hosts.cluster import Cluster, check_complete, cluster
from tests.hosts.network import available

pytestmark = [
    pytest.mark.services,
    pytest.mark.faults,
    pytest.mark.thorough,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not available(), reason="network namespaces need root, iproute2 and /dev/net/tun"),
]

IMAGES = 20
LEASE = 4.0
ALL = "admit,find_text,erase_text,denoise,restore,generate,upscale,deliver"


@pytest.fixture
def hosts(tmp_path: Path, servers: Servers) -> Iterator[Cluster]:
    """Servers and a head; the test starts the workers' hosts."""
    with cluster(tmp_path, servers, SLUICE_LEASE_SECONDS=str(LEASE)) as under_test:
        under_test.start_head()
        yield under_test


@pytest.fixture
def took(record_property: pytest.FixtureRequest, request: pytest.FixtureRequest) -> Iterator[list[float]]:
    """Seconds that a batch took, printed beside the name of the test."""
    seconds: list[float] = []
    yield seconds
    print(
        f"\nHOSTS {request.node.name}: {seconds[0]:.0f} s"
        if seconds
        else f"\nHOSTS {request.node.name}: failed"
    )


def begin(under_test: Cluster, *, images: int = IMAGES) -> tuple[int, Path]:
    """A batch whose work is under way; and the file to which every image writes as it is worked on."""
    trace = under_test.home / "trace"
    rules = recipe(under_test.home / "slow.toml", shard=4, seconds=0.3, trace=str(trace))
    batch = under_test.line.submit(photos(under_test.home / "upload", images), rules)
    under_test.line.until(trace.exists, "work is under way")
    return batch, trace


def end(under_test: Cluster, batch: int, began: float, took: list[float], *, images: int = IMAGES) -> None:
    under_test.line.wait(batch)
    took.append(time.monotonic() - began)
    check_complete(under_test, batch, images)
    assert all(row.losses == 0 for row in under_test.line.rows(batch))


def two_workers(under_test: Cluster) -> None:
    for number in range(2):
        under_test.start_worker(f"w{number}", under_test.worker_host(number), ALL)
    under_test.signed_on(2)


def test_a_batch_over_s3_by_the_words_of_the_docs(hosts: Cluster, took: list[float]) -> None:
    two_workers(hosts)
    began = time.monotonic()
    batch, trace = begin(hosts)
    end(hosts, batch, began, took)
    assert set(Counter(trace.read_text().split()).values()) == {1}


def test_a_host_that_is_cut_off_for_longer_than_its_lease_and_comes_back(
    hosts: Cluster, took: list[float]
) -> None:
    cut = hosts.worker_host(0)
    hosts.start_worker("w0", cut, ALL)
    hosts.start_worker("w1", hosts.worker_host(1), ALL)
    hosts.signed_on(2)
    began = time.monotonic()
    batch, _ = begin(hosts)
    cut.cut()  # its packets vanish silently
    time.sleep(4 * LEASE)
    cut.join()
    end(hosts, batch, began, took)
    assert hosts.alive("w0")


def test_the_only_host_of_a_queue_behind_a_bad_line_is_not_sent_again_what_it_works_on(
    hosts: Cluster, took: list[float]
) -> None:
    hosts.start_worker("near", hosts.worker_host(0), "admit,deliver,find_text,upscale")
    distant = hosts.network.distant_host(40, seconds=0.3, loss=0.02)
    hosts.start_worker("far", distant, "erase_text,denoise,restore,generate")
    hosts.signed_on(2)
    began = time.monotonic()
    batch, trace = begin(hosts, images=8)
    end(hosts, batch, began, took, images=8)
    assert set(Counter(trace.read_text().split()).values()) == {1}


def test_a_host_that_is_killed(hosts: Cluster, took: list[float]) -> None:
    two_workers(hosts)
    began = time.monotonic()
    batch, _ = begin(hosts)
    hosts.kill("w0")
    end(hosts, batch, began, took)


def test_a_head_that_is_cut_off(hosts: Cluster, took: list[float]) -> None:
    two_workers(hosts)
    began = time.monotonic()
    batch, _ = begin(hosts)
    hosts.head.cut()
    time.sleep(4 * LEASE)
    hosts.head.join()
    end(hosts, batch, began, took)
    assert hosts.alive("head")


@pytest.mark.parametrize("mode", ["503", "hang"])
def test_an_s3_that_fails_or_hangs(hosts: Cluster, took: list[float], mode: str) -> None:
    two_workers(hosts)
    began = time.monotonic()
    batch, _ = begin(hosts)
    hosts.s3_relay.mode = mode
    time.sleep(20)
    hosts.s3_relay.mode = "pass"
    end(hosts, batch, began, took)


def test_a_postgres_that_fails_over_silently_is_left_within_20_seconds(
    hosts: Cluster, took: list[float]
) -> None:
    two_workers(hosts)
    batch, trace = begin(hosts)
    began = time.monotonic()
    hosts.fail_over()
    before = len(trace.read_text().split())
    hosts.line.until(lambda: len(trace.read_text().split()) > before + 4, "work goes on")
    print(f"\nHOSTS work goes on {time.monotonic() - began:.0f} s after the failover")
    end(hosts, batch, began, took)
    assert all(map(hosts.alive, ("head", "w0", "w1")))


def test_a_redis_that_is_read_only_and_then_emptied(
    hosts: Cluster, took: list[float], servers: Servers
) -> None:
    two_workers(hosts)
    began = time.monotonic()
    batch, _ = begin(hosts)
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
    end(hosts, batch, began, took)
    assert all(map(hosts.alive, ("head", "w0", "w1")))


def test_two_hosts_of_one_name_in_pid_namespaces_of_their_own(hosts: Cluster, took: list[float]) -> None:
    for number in range(2):
        hosts.start_worker(f"w{number}", hosts.worker_host(number), ALL, hostname="same")
    hosts.signed_on(2)
    began = time.monotonic()
    batch, trace = begin(hosts)
    end(hosts, batch, began, took)
    assert set(Counter(trace.read_text().split()).values()) == {1}
