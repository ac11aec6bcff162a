"""A night in minutes: batches of small photos while processes and servers are killed at random.

    python -m bench.soak --minutes 3

Every few seconds (``--pause``, drawn anew each time from ``--seed``) one thing breaks: a worker or only its
child, the scheduler, Redis (killed, or emptied), Postgres (killed). Batches are submitted until ``--minutes``
are over or ``--images`` are in; then nothing breaks any more and what is under way comes to its end. Exit code 1
where an image is lost, delivered twice or delivered unjudged.
"""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import redis
import sqlalchemy as sa

from bench import entry

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "product"
BATCH = 250
ENDING = 10.0
"""Minutes that what is under way may take after the last fault."""


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


@dataclass
class Chaos:
    """Breaks one thing after another.

    Attributes:
        faults: how many of each kind.
    """

    random: random.Random
    pause: tuple[float, float]
    kinds: dict[str, Callable[[], bool]]
    faults: Counter[str] = field(default_factory=Counter)
    due: float = 0.0

    def go(self) -> None:
        now = time.monotonic()
        if now < self.due:
            return
        kind = self.random.choice(sorted(self.kinds))
        if self.kinds[kind]():
            self.faults[kind] += 1
        self.due = now + self.random.uniform(*self.pause)


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

    def pids() -> dict[str, int]:
        return {watch.name: watch.pid for watch in watched.watches if watch.pid}

    chaos = Chaos(random.Random(options.seed), tuple(options.pause), _kinds(pids, client, options))
    pictures = list(_pictures(options.side))
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
        busy = _busy()
        if not at_start and now - started > 15:
            at_start = memory(pids())
        if now < until and submitted < options.images and (busy is not None and busy < BATCH):
            count = min(BATCH, options.images - submitted)
            _submit(folder / f"upload-{submitted}", pictures, submitted, count, path)
            submitted += count
            busy = _busy()
        over = now >= until or submitted >= options.images
        if not over or (busy and now < until):
            chaos.go()
        stall.look(busy)
        if over and busy == 0:
            break
        if now > until + 60 * ENDING:
            break
        time.sleep(0.25)
    found = {
        "images": submitted,
        "seconds": time.monotonic() - started,
        "faults": dict(sorted(chaos.faults.items())),
        "restarts": {watch.name: watch.restarts for watch in watched.watches},
        "longest_stall_seconds": stall.longest,
        "memory_mb_at_start": at_start,
        "memory_mb_at_end": memory(pids()),
        "redis_mb_at_end": client.info("memory")["used_memory"] / 1e6,
    }
    return found | verdict(submitted)


def _kinds(
    pids: Callable[[], dict[str, int]], client: Any, options: argparse.Namespace
) -> dict[str, Callable[[], bool]]:
    chance = random.Random(options.seed + 1)

    def kill(name: str) -> bool:
        with suppress(ProcessLookupError, KeyError):
            os.kill(pids()[name], signal.SIGKILL)
            return True
        return False

    def child() -> bool:
        with suppress(psutil.Error, KeyError, IndexError):
            psutil.Process(pids()[f"worker-{chance.randrange(options.workers)}"]).children()[-1].kill()
            return True
        return False

    def flush() -> bool:
        with suppress(redis.RedisError):
            client.flushall()
            return True
        return False

    return {
        "worker killed": lambda: kill(f"worker-{chance.randrange(options.workers)}"),
        "worker's child killed": child,
        "scheduler killed": lambda: kill("scheduler"),
        "Redis killed": lambda: kill("redis"),
        "Redis emptied": flush,
        "Postgres killed": lambda: kill("postgres"),
    }


@dataclass
class Stall:
    """The longest time in which nothing settled although something was to be done."""

    longest: float = 0.0
    seen: int | None = None
    since: float = field(default_factory=time.monotonic)

    def look(self, busy: int | None) -> None:
        now = time.monotonic()
        if busy is not None and busy != self.seen:
            self.seen, self.since = busy, now
        elif busy != 0:
            self.longest = max(self.longest, now - self.since)


def _busy() -> int | None:
    """Images that have not settled, and manifests that are due; None while Postgres is away."""
    from bench.process import context
    from line.errors import ServiceError

    query = sa.text(
        "SELECT (SELECT count(*) FROM images WHERE state IN ('waiting', 'working', 'held'))"
        " + (SELECT count(*) FROM batches WHERE manifest_due OR state <> 'done')"
    )
    try:
        return int(context().database.transact(lambda connection: connection.scalar(query) or 0, patience=0))
    except ServiceError:
        return None


def _submit(folder: Path, pictures: list[bytes], first: int, count: int, recipe: Path) -> None:
    from bench.process import context
    from review.cli.upload import place

    folder.mkdir()
    for number in range(first, first + count):
        # a comment after the end of the picture: no two files are alike
        data = pictures[number % len(pictures)]
        (folder / f"photo{number:06}.jpg").write_bytes(data + f"{number:06}".encode())
    while True:
        try:
            place(context(), folder, "soak", str(recipe), out=None)
            return
        except Exception as error:  # a server is away: whoever uploads tries again
            print(f"  uploading again: {type(error).__name__}", file=sys.stderr)
            time.sleep(1.0)


def _pictures(side: int) -> Iterator[bytes]:
    """Real photos, made small; drawn ones where there are none."""
    paths = sorted(DATA.rglob("*.jpg"))[::2][:150] if DATA.is_dir() else []
    for path in paths:
        read = cv2.imread(str(path))
        if read is not None:
            scale = side / max(read.shape[:2])
            small = cv2.resize(read, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield cv2.imencode(".jpg", small)[1].tobytes()
    for seed in range(0 if paths else 150):
        rough = np.random.default_rng(seed).integers(40, 216, (3, 5, 3), dtype=np.uint8)
        drawn = cv2.resize(rough, (side, side * 2 // 3), interpolation=cv2.INTER_CUBIC)
        yield cv2.imencode(".jpg", drawn)[1].tobytes()


def memory(pids: dict[str, int]) -> dict[str, float]:
    """MB of each process with its children, shared pages counted once to each that shares them."""
    found = {}
    for name, pid in pids.items():
        with suppress(psutil.Error):
            parent = psutil.Process(pid)
            family = (parent, *parent.children(recursive=True))
            found[name] = sum(process.memory_full_info().pss for process in family) / 1e6
    return found


def verdict(submitted: int) -> dict[str, Any]:
    """What the records, the folders and the manifests say of every image."""
    from bench.process import context
    from tests.harness.promises import unjudged

    with context().database.engine.connect() as connection:
        states: dict[str, int] = dict(
            connection.execute(sa.text("SELECT state::text, count(*) FROM images GROUP BY 1")).all()
        )
        again = connection.scalar(
            sa.text(
                "SELECT count(*) FROM (SELECT FROM steps WHERE verdict = 'pass'"
                " GROUP BY image_id, recipe, position HAVING count(*) > 1) AS twice"
            )
        )
        batches = connection.execute(sa.text("SELECT id, out FROM batches ORDER BY id")).all()
        lost = submitted - sum(
            states.get(state, 0) for state in ("delivered", "flagged", "rejected", "failed")
        )
        duplicated, unlike, untold = int(again or 0), 0, 0
        wrong: list[tuple[Any, ...]] = []
        for batch in batches:
            out = context().buckets.at(batch.out)
            files = {item.key for item in out.walk("")} - {"manifest.jsonl"}
            query = sa.text("SELECT file FROM images WHERE batch_id = :id AND state = 'delivered'")
            recorded = list(connection.scalars(query, {"id": batch.id}))
            lost += len(set(recorded) - files)
            unlike += len(files - set(recorded)) + len(recorded) - len(set(recorded))
            if out.find("manifest.jsonl") is None:
                untold += 1
                continue
            told = [json.loads(line)["name"] for line in out.get("manifest.jsonl").decode().splitlines()]
            duplicated += len(told) - len(set(told))
            wrong += unjudged(batch.id)
        reasons = connection.execute(
            sa.text("SELECT reason, count(*) FROM images WHERE state = 'failed' GROUP BY 1 ORDER BY 2 DESC")
        ).all()
    return {
        "by_state": states,
        "lost": lost + untold,
        "duplicated": duplicated + unlike,
        "unjudged": len(wrong),
        "failed_because": {row[0]: row[1] for row in reasons},
    }


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
