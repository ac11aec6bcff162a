"""CPU time of every process of ``sluice up`` while there is nothing to do, and its reaction to a new upload.

    python -m bench.idle                # five minutes, after one of settling
    python -m bench.idle --limit 0.5    # exit code 1 where all processes together take more of a core (%)

At the end an upload of one tiny image is marked ready, several times; the reaction is the time until its batch is on
record.
"""

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil
import sqlalchemy as sa

from bench import entry
from bench.scale import QUEUES, draw

POLL_SECONDS = 0.01
"""Seconds between two looks for the batch of a new upload."""
MAX_REACTION_SECONDS = 60.0
NAMES = ("scheduler", "flower", "review.desk", "redis-server", "postgres", "celery")
"""Words of a command line that tell what a process is; the first that is there counts."""


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=300.0, help="how long to measure")
    parser.add_argument("--settle", type=float, default=60.0, help="seconds before that")
    parser.add_argument("--uploads", type=int, default=5, help="uploads whose reaction is measured")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--limit", type=float, help="maximum share of a core (%%)")
    options = entry.parse(parser, quick={"seconds": 5.0, "settle": 1.0, "uploads": 1, "workers": 1})
    with tempfile.TemporaryDirectory(prefix="sluice-idle-") as folder:
        result = measure(Path(folder), options)
    show(result)
    entry.write(options.json, result)
    sys.exit(1 if options.limit is not None and result["percent"] > options.limit else 0)


def measure(home: Path, options: argparse.Namespace) -> dict[str, Any]:
    """The shares of a core, in percent, by process, and the seconds until new uploads were on record."""
    (home / "sluice.toml").write_text(
        f'[workers.cpu]\nqueues = {QUEUES}\ndevice = "cpu"\nprocesses = {options.workers}\n'
    )
    os.environ |= {"SLUICE_HOME": str(home), "SLUICE_CONFIG": str(home / "sluice.toml")}
    for name in ("SLUICE_DATABASE_URL", "SLUICE_BROKER_URL", "SLUICE_BUCKET_URL"):
        os.environ.pop(name, None)
    command = [str(Path(sys.executable).with_name("sluice")), "up", "--flower-port", "0", "--desk-port", "0"]
    with (home / "up.log").open("wb") as log:
        line = psutil.Popen(command, stdout=log, stderr=log)
    try:
        database = _database_when_up(home, line, options.workers)
        time.sleep(options.settle)
        before, started = cpu_seconds(line), time.monotonic()
        time.sleep(options.seconds)
        after, seconds = cpu_seconds(line), time.monotonic() - started
        reactions = [reaction(home, database, number) for number in range(options.uploads)]
        database.close()
    finally:
        line.terminate()
        line.wait(60)
    percent = {key: 100 * (spent - before.get(key, 0.0)) / seconds for key, spent in after.items()}
    return {
        "seconds": seconds,
        "percent": sum(percent.values()),
        "percent_by_process": dict(sorted(percent.items(), key=lambda item: -item[1])),
        "reaction_seconds": reactions,
    }


def _database_when_up(home: Path, line: psutil.Popen, count: int) -> Any:
    """The line's records, as soon as a scheduler and ``count`` workers have written their first heartbeat."""
    from records import workers
    from records.database import Database
    from stack.connection import running

    def is_up(connection: sa.Connection) -> bool:
        return workers.schedulers(connection) >= 1 and len(workers.crew(connection)) > count

    while (addresses := running(home)) is None:
        if line.poll() is not None:
            raise RuntimeError((home / "up.log").read_text("utf-8"))
        time.sleep(0.2)
    database = Database(addresses.database_url)
    while not database.transact(is_up):
        time.sleep(0.2)
    return database


def cpu_seconds(line: psutil.Popen) -> dict[str, float]:
    """CPU seconds so far of a line's processes, by name and process id."""
    seconds = {}
    for process in (line, *line.children(recursive=True)):
        try:
            words = " ".join(process.cmdline())
            name = next((name for name in NAMES if name in words), "sluice up")
            seconds[f"{name} {process.pid}"] = _scheduled_seconds(process.pid)
        except (psutil.Error, OSError):
            continue
    return seconds


def _scheduled_seconds(pid: int) -> float:
    """Seconds that a process's threads were on a core, in nanoseconds' steps: /proc/PID/stat counts in hundredths."""
    tasks = Path(f"/proc/{pid}/task")
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir()) / 1e9


def reaction(home: Path, database: Any, number: int) -> float:
    """Seconds from the marker of a new upload to its batch's record."""
    from records.queries import reports

    before = len(database.transact(reports.all_batches))
    folder = home / "bucket" / "ingest" / "bench" / f"reaction-{number}"
    draw(folder, 1)
    time.sleep(1.0 + 0.37 * number)  # at any point of the line's clock
    (folder / "_READY").touch()
    started = time.monotonic()
    while len(database.transact(reports.all_batches)) == before:
        if time.monotonic() - started > MAX_REACTION_SECONDS:
            return MAX_REACTION_SECONDS
        time.sleep(POLL_SECONDS)
    return time.monotonic() - started


def show(result: dict[str, Any]) -> None:
    for name, share in result["percent_by_process"].items():
        print(f"{share:7.3f} %  {name}")
    reactions = result["reaction_seconds"]
    print(f"{result['percent']:7.3f} %  of a core in all, over {result['seconds']:.0f} s")
    if reactions:
        print(
            f"reaction to an upload: median {statistics.median(reactions):.2f} s, longest {max(reactions):.2f} s"
        )


if __name__ == "__main__":
    main()
