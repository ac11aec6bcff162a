"""A batch over several hosts ends complete, whatever becomes of the hosts and of the links between them."""

import time
from collections.abc import Callable

import pytest

from tests.hosts.cluster import ALL, LEASE, Cluster
from tests.hosts.network import Host

pytestmark = [pytest.mark.services, pytest.mark.faults]


def test_a_batch_over_s3_by_the_words_of_the_docs(hosts: Cluster) -> None:
    hosts.two_workers()
    hosts.begin().finish_each_once()


def test_hosts_on_which_sluice_up_was_given_share_a_batch(hosts: Cluster) -> None:
    for number in range(2):
        hosts.start_up(f"up{number}", hosts.worker_host(number))
    hosts.signed_on(2)
    hosts.begin().finish_each_once()
    assert hosts.alive("up0")
    assert hosts.alive("up1")


@pytest.mark.parametrize(
    ("part", "rejoin"),
    [(Host.cut, Host.join), (Host.link_down, Host.link_up)],
    ids=["packets vanish", "link down"],
)
def test_a_host_that_is_away_for_longer_than_its_lease_comes_back(
    hosts: Cluster, part: Callable[[Host], None], rejoin: Callable[[Host], None]
) -> None:
    hosts.two_workers()
    work = hosts.begin()
    away = hosts.workers["w0"]
    part(away)
    time.sleep(4 * LEASE)
    rejoin(away)
    work.finish()
    assert hosts.alive("w0")


@pytest.mark.thorough  # half of what all the others take together
def test_the_only_host_of_a_queue_behind_a_bad_line_is_not_sent_again_what_it_works_on(
    hosts: Cluster,
) -> None:
    hosts.start_worker("near", hosts.worker_host(0), "admit,deliver,find_text,upscale")
    distant = hosts.network.distant_host(40, seconds=0.3, loss=0.02)
    hosts.start_worker("far", distant, "erase_text,denoise,restore,generate")
    hosts.signed_on(2)
    hosts.begin(images=8).finish_each_once()


def test_the_only_host_of_a_queue_whose_link_is_down_for_a_while_finishes_its_work(hosts: Cluster) -> None:
    hosts.start_worker("near", hosts.worker_host(0), "admit,deliver,find_text,upscale")
    hosts.start_worker("only", hosts.worker_host(1), "erase_text,denoise,restore,generate")
    hosts.signed_on(2)
    work = hosts.begin(images=8)
    hosts.workers["only"].link_down()
    time.sleep(4 * LEASE)
    hosts.workers["only"].link_up()
    work.finish()
    assert hosts.alive("only")


def test_a_host_that_is_killed(hosts: Cluster) -> None:
    hosts.two_workers()
    work = hosts.begin()
    hosts.kill("w0")
    work.finish()


def test_a_head_that_is_cut_off(hosts: Cluster) -> None:
    hosts.two_workers()
    work = hosts.begin()
    hosts.head.cut()
    time.sleep(4 * LEASE)
    hosts.head.join()
    work.finish()
    assert hosts.alive("head")


def test_two_hosts_of_one_name_in_pid_namespaces_of_their_own(hosts: Cluster) -> None:
    for number in range(2):
        hosts.start_worker(f"w{number}", hosts.worker_host(number), ALL, hostname="same")
    hosts.signed_on(2)
    hosts.begin().finish_each_once()
