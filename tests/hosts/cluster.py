"""A line on several hosts: servers, S3, a head with the scheduler, and hosts of workers; started as the docs say."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import sqlalchemy as sa

from tests.harness.context import bucket, transact
from tests.harness.line import Line, environment, line, photos, recipe
from tests.harness.objects import new_bucket, s3
from tests.harness.services import Servers
from tests.hosts.network import Host, Network, Relay

BIN = Path(sys.executable).parent
IMAGES = 20
"""Images of a batch in these tests."""

LEASE = 4.0
"""Lease of a shard in these tests (s)."""

ALL = "admit,find_text,erase_text,denoise,restore,generate,upscale,deliver"
"""Every queue."""

POSTGRES, REDIS, S3, HEAD, WORKERS = 10, 11, 12, 20, 30
"""Last number of the hosts' addresses."""


@dataclass
class Cluster:
    """Hosts and what runs on them."""

    network: Network
    line: Line
    home: Path
    env: dict[str, str]
    postgres: Host
    postgres_relay: Relay
    redis: Host
    s3: Host
    s3_relay: Relay
    head: Host
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)
    workers: dict[str, Host] = field(default_factory=dict)

    def start_head(self) -> None:
        """``python -m scheduler`` on the head."""
        self._start("head", self.head.command(BIN / "python", "-P", "-m", "scheduler"))

    def start_up(self, name: str, host: Host) -> None:
        """``sluice up`` on a host: a scheduler of its own, and the one worker of its ``sluice.toml``."""
        self.workers[name] = host
        queues = json.dumps(ALL.split(","))
        config = f"[workers.all]\nqueues = {queues}\nprocesses = 1\n"
        self._start(name, host.command(BIN / "sluice", "up", "--no-flower", "--no-desk"), config)

    def start_worker(self, name: str, host: Host, queues: str, *, hostname: str = "") -> None:
        """One worker, as the docs start it; in a PID namespace of its own where the host has a name."""
        self.workers[name] = host
        words = [
            "-A",
            "worker",
            "worker",
            "-c",
            1,
            "-Q",
            queues,
            "-n",
            f"{'worker' if hostname else name}@%h",
        ]
        words += ["--without-mingle", "--without-gossip"]
        command = host.command(BIN / "celery", *words, hostname=hostname, own_processes=bool(hostname))
        self._start(name, command)

    def worker_host(self, number: int = 0) -> Host:
        return self.network.host(WORKERS + number)

    def kill(self, name: str) -> None:
        """The host loses its power: everything on it ends at once."""
        process = self.processes[name]
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def alive(self, name: str) -> bool:
        return self.processes[name].poll() is None

    def stop(self) -> None:
        for process in self.processes.values():
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def _start(self, name: str, command: list[str], config: str = "") -> None:
        home = self.home / name
        home.mkdir()
        if config:
            (home / "sluice.toml").write_text(config)
        log = self.home / "logs" / f"{name}.log"
        with log.open("ab") as output:
            self.processes[name] = subprocess.Popen(
                command,
                cwd=home,
                env={**os.environ, **self.env, "SLUICE_HOME": str(home)},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def signed_on(self, count: int) -> None:
        """Wait until so many workers live."""
        from records import workers

        self.line.until(
            lambda: sum(1 for row in transact(workers.crew) if row) >= count, "the workers have signed on"
        )

    def two_workers(self) -> None:
        """Two hosts, each with a worker for every queue."""
        for number in range(2):
            self.start_worker(f"w{number}", self.worker_host(number), ALL)
        self.signed_on(2)

    def begin(self, images: int = IMAGES) -> "Work":
        """A batch whose work is under way."""
        trace = self.home / "trace"
        began = time.monotonic()
        rules = recipe(self.home / "slow.toml", shard=4, seconds=0.3, trace=str(trace))
        batch = self.line.submit(photos(self.home / "upload", images), rules)
        self.line.until(trace.exists, "work is under way")
        return Work(self, batch, images, trace, began)

    def fail_over(self) -> None:
        """The primary vanishes without a word; another takes its address."""
        old = transact(
            lambda connection: [
                row.pid
                for row in connection.execute(
                    sa.text(
                        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
                        " AND pid <> pg_backend_pid() AND application_name LIKE 'sluice-%'"
                    )
                )
            ]
        )
        self.postgres.cut()
        query = sa.text("SELECT pg_terminate_backend(:pid)")
        transact(lambda connection: [connection.execute(query, {"pid": pid}) for pid in old])
        target = self.postgres_relay._target
        port = self.postgres_relay.port
        mac = subprocess.run(
            ["ip", "-n", self.postgres.namespace, "-o", "link"], capture_output=True, text=True, check=True
        ).stdout
        address = next(words.split()[0] for words in mac.split("link/ether ")[1:])
        again = self.network.host(POSTGRES, mac=address)
        self.postgres, self.postgres_relay = again, Relay(again, port, target)
        again.within(lambda: _say_hello(self.head.address))


def _say_hello(address: str) -> None:
    """One packet, by which the bridge learns behind which port the address now is."""
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hello:
        for _ in range(3):
            hello.sendto(b"hello", (address, 9))
            time.sleep(0.1)


@contextmanager
def cluster(home: Path, servers: Servers, **more: str) -> Iterator[Cluster]:
    """The servers' hosts and the head, with nothing started yet."""
    with ExitStack() as stack:
        variables = stack.enter_context(s3())
        under_test = stack.enter_context(line(home, servers, **variables, **more))
        network = stack.enter_context(Network())
        database, broker = sa.make_url(under_test.env["SLUICE_DATABASE_URL"]), urlsplit(servers.broker_url)
        store = urlsplit(variables["AWS_ENDPOINT_URL"])
        relays = []
        for number, host, port in (
            (POSTGRES, database.host, database.port),
            (REDIS, broker.hostname, broker.port),
            (S3, "127.0.0.1", store.port),
        ):
            relay_host = network.host(number)
            relays.append((relay_host, Relay(relay_host, 7000 + number, (host or "", port or 0))))
            stack.callback(relays[-1][1].close)
        postgres, redis_, objects = relays
        endpoint = f"http://{objects[0].address}:{objects[1].port}"
        url = new_bucket(variables)
        address = database.set(host=postgres[0].address, port=postgres[1].port)
        password = f":{broker.password}@" if broker.password else ""
        env = under_test.env | {
            "SLUICE_DATABASE_URL": address.render_as_string(hide_password=False),
            "SLUICE_BROKER_URL": f"redis://{password}{redis_[0].address}:{redis_[1].port}/0",
            "SLUICE_BUCKET_URL": url,
            "AWS_ENDPOINT_URL": endpoint,
        }
        stack.enter_context(
            environment({"SLUICE_BUCKET_URL": url, "AWS_ENDPOINT_URL": variables["AWS_ENDPOINT_URL"]})
        )
        made_cluster = Cluster(
            network, under_test, home, env, postgres[0], postgres[1], redis_[0], objects[0], objects[1],
            network.host(HEAD),
        )  # fmt: skip
        stack.callback(lambda: made_cluster.postgres_relay.close())
        stack.callback(made_cluster.stop)
        yield made_cluster


@dataclass
class Work:
    """One batch of a cluster.

    Attributes:
        trace: gets a line for every image that is worked on.
        began: when it was submitted, on the monotonic clock (s).
    """

    cluster: Cluster
    batch: int
    images: int
    trace: Path
    began: float

    def done_count(self) -> int:
        return len(self.trace.read_text().split())

    def finish(self) -> None:
        """Wait for its end: each image delivered once, objects equal to the manifest, no worker blamed."""
        self.cluster.line.wait(self.batch)
        print(f"\nHOSTS took {time.monotonic() - self.began:.0f} s")
        rows = self.cluster.line.rows(self.batch)
        assert {str(row.state) for row in rows} == {"delivered"}, [
            (row.name, row.state, row.sentence) for row in rows
        ]
        assert len(rows) == self.images
        assert all(row.losses == 0 for row in rows)
        out = bucket(self.cluster.line.report(self.batch)["delivered"])
        objects = {item.key for item in out.walk("")}
        manifest = [json.loads(text) for text in out.get("manifest.jsonl").decode().splitlines()]
        assert objects == {line["file"] for line in manifest} | {"manifest.jsonl"}
        assert {line["name"]: line["state"] for line in manifest} == {row.name: "delivered" for row in rows}
        steps = [(step.image_id, step.position) for step in self.cluster.line.steps(self.batch)]
        assert len(steps) == len(set(steps)) == 3 * self.images

    def finish_each_once(self) -> None:
        """:meth:`finish`; and no image was worked on twice."""
        self.finish()
        assert set(Counter(self.trace.read_text().split()).values()) == {1}
