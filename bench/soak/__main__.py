"""A night in minutes: batches of small photos while processes and servers are killed at random.

    python -m bench.soak --minutes 3

Every few seconds (``--pause``, drawn anew each time from ``--seed``) one thing breaks: a worker or only its
child, the scheduler, Redis (killed, or emptied), Postgres (killed). Batches are submitted until ``--minutes``
are over or ``--images`` are in; then nothing breaks any more and what is under way comes to its end. Exit code 1
where an image is lost, delivered twice or delivered unjudged.
"""

import argparse
import os
import random
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import redis

from bench import entry
from bench.soak.faults import Chaos, Stall, fault_kinds
from bench.soak.uploads import small_pictures, submit
from bench.soak.verdict import unsettled_work, verdict

BATCH = 250
"""Images of a batch."""
ENDING = 10.0
"""Minutes that what is under way may take after the last fault."""

TEXT = """[[steps]]
transform = "find_text"
model = "overlay_network"
[[steps]]
transform = "erase_text"
model = "surroundings"
"""
RECIPE = f"""
name = "soak"
[[steps]]
transform = "admit"
{TEXT}[[steps]]
transform = "deliver"
[breaker]
threshold = 1.0
[dispatch]
shard_images = 8
window = 2
"""


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--minutes", type=float, default=3.0, help="at most, with faults")
    parser.add_argument("--images", type=int, default=2000, help="at most, in batches of 250")
    parser.add_argument("--side", type=int, default=160, help="longer side of an image, in pixels")
    parser.add_argument(
        "--light", action="store_true", help="look for no text: many more images in the same time"
    )
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--pause", type=float, nargs=2, default=(2.0, 9.0), help="seconds between two faults")
    parser.add_argument("--seed", type=int, default=20)
    quick = {"minutes": 0.2, "images": 60, "light": True, "pause": (2.0, 4.0)}
    options = entry.parse(parser, quick=quick)
    with tempfile.TemporaryDirectory(prefix="sluice-soak-") as folder:
        result = soak(Path(folder), options)
    show(result)
    entry.write(options.json, result)
    sys.exit(any(result[what] for what in ("lost", "duplicated", "unjudged")))


def soak(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    home = folder / "home"
    home.mkdir()
    os.environ |= {"SLUICE_HOME": str(home), "SLUICE_LOG_LEVEL": "WARNING", "SLUICE_LEASE_SECONDS": "10"}
    for name in ("SLUICE_DATABASE_URL", "SLUICE_BROKER_URL", "SLUICE_BUCKET_URL"):
        os.environ.pop(name, None)
    from bench.process import context
    from stack import programs as fleet
    from stack import supervisor
    from stack.servers.postgres import EmbeddedPostgres
    from stack.servers.redis import EmbeddedRedis
    from worker.topology import WorkerGroup

    supervisor.LONGEST_PAUSE = 2.0  # who dies at our hands every few seconds is no failing program
    with EmbeddedPostgres(home) as postgres, EmbeddedRedis(home) as broker:
        os.environ |= {"SLUICE_DATABASE_URL": postgres.url, "SLUICE_BROKER_URL": broker.url}
        context().database.migrate()
        env = fleet.environment(context().settings, postgres.url, broker.url)
        group = WorkerGroup(queues=("admit", "find_text", "erase_text", "upscale", "deliver"))
        programs = [fleet.scheduler(env)]
        programs += [fleet.worker(f"worker-{number}", group, env) for number in range(options.workers)]
        with supervisor.Supervisor(home, programs, [postgres, broker]) as watched:
            result = _run(folder, options, watched, redis.Redis.from_url(broker.url))
        context().database.engine.dispose()
    return result


def _run(folder: Path, options: argparse.Namespace, watched: Any, client: Any) -> dict[str, Any]:
    """Submit batches and break things until the time or the images are used up, then wait for the rest."""

    def pids() -> dict[str, int]:
        return {watch.name: watch.pid for watch in watched.watches if watch.pid}

    chaos = Chaos(
        random.Random(options.seed),
        tuple(options.pause),
        fault_kinds(pids, client, options.workers, options.seed),
    )
    pictures = list(small_pictures(options.side))
    path = folder / "soak.toml"
    path.write_text(RECIPE.replace(TEXT, "") if options.light else RECIPE)
    until = time.monotonic() + 60 * options.minutes
    started = time.monotonic()
    at_start: dict[str, float] = {}
    submitted = 0
    stall = Stall()
    while True:
        watched.tend()
        now = time.monotonic()
        busy = unsettled_work()
        if not at_start and now - started > 15:
            at_start = memory(pids())
        if now < until and submitted < options.images and (busy is not None and busy < BATCH):
            count = min(BATCH, options.images - submitted)
            submit(folder / f"upload-{submitted}", pictures, submitted, count, path)
            submitted += count
            busy = unsettled_work()
        over = now >= until or submitted >= options.images
        if not over or (busy and now < until):
            chaos.go()
        stall.look(busy)
        if over and busy == 0:
            break
        if now > until + 60 * ENDING:
            break
        time.sleep(0.25)
    figures = {
        "images": submitted,
        "seconds": time.monotonic() - started,
        "faults": dict(sorted(chaos.faults.items())),
        "restarts": {watch.name: watch.restarts for watch in watched.watches},
        "longest_stall_seconds": stall.longest,
        "memory_mb_at_start": at_start,
        "memory_mb_at_end": memory(pids()),
        "redis_mb_at_end": client.info("memory")["used_memory"] / 1e6,
    }
    return figures | verdict(submitted)


def memory(pids: dict[str, int]) -> dict[str, float]:
    """MB of each process with its children, shared pages counted once to each that shares them."""
    megabytes = {}
    for name, pid in pids.items():
        with suppress(psutil.Error):
            parent = psutil.Process(pid)
            family = (parent, *parent.children(recursive=True))
            megabytes[name] = sum(process.memory_full_info().pss for process in family) / 1e6
    return megabytes


def show(result: dict[str, Any]) -> None:
    states = ", ".join(f"{count} {state}" for state, count in sorted(result["by_state"].items()))
    print(f"{result['images']} images in {result['seconds']:.0f} s: {states}")
    print(f"{'faults':28} {sum(result['faults'].values()):6}")
    for kind, count in result["faults"].items():
        print(f"  {kind:26} {count:6}")
    for what in ("lost", "duplicated", "unjudged"):
        print(f"{what:28} {result[what]:6}")
    if result["failed_because"]:
        print(f"failed because: {result['failed_because']}")
    print(f"{'longest stall':28} {result['longest_stall_seconds']:6.1f} s")
    print(f"{'memory (MB)':28} {'start':>6} {'end':>6} {'restarts':>9}")
    for name, end in result["memory_mb_at_end"].items():
        start = result["memory_mb_at_start"].get(name)
        shown = f"{start:6.0f}" if start is not None else f"{'':6}"
        print(f"  {name:26} {shown} {end:6.0f} {result['restarts'][name]:9}")


if __name__ == "__main__":
    main()
