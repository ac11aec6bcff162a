"""A whole line under test: real scheduler and worker processes, a bucket in a folder, batches to wait for."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import sqlalchemy as sa

from records import batches
from records.queries import reports
from records.tables import images, steps
from stack import programs
from stack.supervisor import Process, Program
from tests.harness import waiting
from tests.harness.context import bucket, context, engine, forget, place, transact
from tests.harness.services import Servers
from worker.topology import WorkerGroup

PLUGINS = Path(__file__).parents[1] / "plugins"
BESIDE = frozenset({"manifest.jsonl", "costs.json"})
"""Files of the line's own in a delivered folder."""
PROGRESS = "SELECT (SELECT count(*) FROM events), (SELECT count(*) FROM steps), (SELECT count(*) FROM shards)"


class Line:
    """Processes that a test starts, kills and waits for."""

    def __init__(self, home: Path, env: Mapping[str, str]) -> None:
        self.home = home
        self.env = dict(env)
        self.processes: dict[str, Process] = {}

    def start(
        self,
        *,
        workers: int = 2,
        schedulers: int = 1,
        queues: tuple[str, ...] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Start processes, with more in their environment, and wait until they have signed on."""
        environ = self.env | dict(env or {})
        group = WorkerGroup(queues=queues) if queues else fleet_default()
        for number in range(workers):
            self._run(programs.worker(f"test-{len(self.processes)}-{number}", group, environ))
        for _ in range(schedulers):
            program = programs.scheduler(environ)
            self._run(Program(f"scheduler-{len(self.processes)}", program.command, program.env))
        if workers:
            self.until(self.all_signed_on, "the workers have signed on")

    def all_signed_on(self) -> bool:
        from records import workers

        alive = sum(process.alive() for name, process in self.processes.items() if "scheduler" not in name)
        return max(transact(workers.live).values(), default=0) >= alive

    def _run(self, program: Program) -> None:
        process = Process(program, self.home / "logs", self.home)
        process.restart()
        self.processes[program.name] = process

    def named(self, part: str) -> list[Process]:
        return [process for name, process in self.processes.items() if part in name and process.alive()]

    def kill(self, part: str, number: int = 9) -> None:
        """Kill every process whose name holds ``part``, with its children, as ``kill -9`` of all would."""
        self._end(self.named(part), number)

    def stop(self) -> None:
        """Kill all that still lives."""
        self._end(self.named(""), 9)

    def _end(self, processes: list[Process], number: int) -> None:
        for process in processes:
            if process.pid is not None:
                os.killpg(process.pid, number)
        self.until(lambda: not any(process.alive() for process in processes), "the killed are dead")

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Wait for a condition; fails with the ends of the logs when nothing has moved for too long."""
        return waiting.until(condition, what, progress=self.progress, details=self.logs)

    def progress(self) -> object:
        """Changes while the line works: its records and its logs grow."""
        try:
            with engine().connect() as connection:
                recorded = connection.execute(sa.text(PROGRESS)).one()
        except sa.exc.OperationalError:  # a test may have killed Postgres
            recorded = None
        return recorded, waiting.log_bytes(self.home)

    def logs(self) -> str:
        return waiting.log_ends(self.home)

    # --- batches ---------------------------------------------------------------------------------

    def submit(self, upload: Path, recipe: Path | str, vendor: str = "acme") -> int:
        return place(upload, vendor, str(recipe), out=None)

    def report(self, batch_id: int) -> dict[str, Any]:
        return transact(lambda connection: reports.batch(connection, batch_id))

    def wait(self, batch_id: int, state: str = "done") -> dict[str, Any]:
        """Wait until a batch is in ``state`` and nothing of it is being worked on."""

        def reached() -> dict[str, Any] | None:
            report = self.report(batch_id)
            busy = report["by_state"]["working"] + report["by_state"]["waiting"] * (state == "done")
            due = transact(lambda connection: batches.get(connection, batch_id)).manifest_due
            return report if report["state"] == state and not busy and not due else None

        answer: dict[str, Any] = self.until(reached, f"batch {batch_id} is {state}")
        return answer

    def rows(self, batch_id: int) -> list[sa.Row[Any]]:
        query = sa.select(images).where(images.c.batch_id == batch_id).order_by(images.c.name)
        return transact(lambda connection: list(connection.execute(query)))

    def steps(self, batch_id: int) -> list[sa.Row[Any]]:
        query = sa.select(steps).where(steps.c.batch_id == batch_id).order_by(steps.c.id)
        return transact(lambda connection: list(connection.execute(query)))

    def delivered(self, batch_id: int) -> dict[str, bytes]:
        """Name and bytes of every file in a batch's delivered folder, but those of the line itself."""
        out = bucket(self.report(batch_id)["delivered"])
        return {item.key: out.get(item.key) for item in out.walk("") if item.key not in BESIDE}


def fleet_default() -> WorkerGroup:
    from worker.queues import Queue

    return WorkerGroup(queues=tuple(Queue))


@contextmanager
def line(home: Path, servers: Servers, **more: str) -> Iterator[Line]:
    """A line with its own database, Redis database and bucket; nothing is started yet."""
    with servers.database() as url:
        env = {
            "SLUICE_HOME": str(home),
            "SLUICE_DATABASE_URL": url,
            "SLUICE_BROKER_URL": servers.broker_url,
            "SLUICE_BUCKET_URL": (home / "bucket").as_uri(),
            "SLUICE_PLUGINS": '["sabotage", "mishaps", "weighty"]',
            "SLUICE_LEASE_SECONDS": "4",
            "SLUICE_SWEEP_SECONDS": "0.3",
            "SLUICE_GRACE_SECONDS": "2",
            "SLUICE_QUIET_SECONDS": "2",
            "SLUICE_POLL_SECONDS": "0.05",
            "PYTHONPATH": str(PLUGINS),
            **more,
        }
        servers.broker().flushall()
        (home / "logs").mkdir(parents=True, exist_ok=True)
        with environment(env):
            under_test = Line(home, env)
            try:
                yield under_test
            finally:
                under_test.stop()
                context().close()


@contextmanager
def environment(env: Mapping[str, str]) -> Iterator[None]:
    """This process sees ``env`` too, and the caches that hang on it are fresh."""
    before = {key: os.environ.get(key) for key in env}
    os.environ.update(env)
    forget()
    try:
        yield
    finally:
        for key, value in before.items():
            os.environ.pop(key, None) if value is None else os.environ.__setitem__(key, value)
        forget()


def photos(folder: Path, count: int, *, size: tuple[int, int] = (96, 64), start: int = 0) -> Path:
    """A folder of ``count`` small, different JPEGs."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(start, start + count):
        random = np.random.default_rng(number)
        small = random.integers(40, 216, (3, 5, 3), dtype=np.uint8)  # soft: no gate minds
        picture = cv2.resize(small, size, interpolation=cv2.INTER_CUBIC)
        cv2.imwrite(str(folder / f"photo{number:04}.jpg"), picture)
    return folder


def recipe(
    path: Path, *, min_judged: int = 40, probe: int = 10, shard: int = 8, window: int = 2, **step: Any
) -> Path:
    """A recipe of admit, sabotage and deliver, with the sabotage's parameters."""
    import json

    params = "\n".join(f"{key} = {json.dumps(value)}" for key, value in step.items())
    path.write_text(
        f"""
name = "{path.stem}"
[[steps]]
transform = "admit"
[[steps]]
transform = "sabotage"
{params}
[[steps]]
transform = "deliver"
[breaker]
threshold = 0.15
min_judged = {min_judged}
probe = {probe}
[dispatch]
shard_images = {shard}
window = {window}
"""
    )
    return path
