"""What orchestration costs as uploads grow: tiny images through intake, plan, dispatch, two steps and manifest.

The images are 24 × 24 pixels and the recipe is ``admit``, ``deliver``: next to nothing is spent on pixels, so
what is left is the line itself. For each size a fresh line is started (embedded Postgres and Redis, one
scheduler, ``--workers`` workers); memory and Redis are read every second, CPU time of every process is summed.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil
import redis

from bench import entry

RECIPE = """
name = "tiny"
[[steps]]
transform = "admit"
[[steps]]
transform = "deliver"
[breaker]
threshold = 1.0
[dispatch]
shard_images = {shard}
window = 2
"""
QUEUES = '["admit", "find_text", "erase_text", "upscale", "deliver"]'


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000], help="images of each upload")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--shard", type=int, default=64, help="images a shard")
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="at most, for each size; what is left is told"
    )
    options = entry.parse(parser, quick={"sizes": [40], "workers": 1, "minutes": 2.0})
    results: list[Mapping[str, Any]] = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory(prefix="sluice-scale-") as folder:
            results.append(measure(Path(folder), size, options))
        show(results)
        entry.write(options.json, results)


@dataclass
class Watched:
    """Memory and CPU time of one kind of process, read every second.

    Attributes:
        rss: MB of all its processes together, at each look.
        cpu: seconds by process, as last read; those of children that ended are their parent's.
    """

    rss: list[float] = field(default_factory=list)
    cpu: dict[int, float] = field(default_factory=dict)


class Watch:
    """Looks at the processes of a stack and at its Redis."""

    def __init__(self, stack: Any, broker_url: str) -> None:
        self.stack, self.client = stack, redis.Redis.from_url(broker_url)
        self.kinds: dict[str, Watched] = {}
        self.redis_mb: list[float] = []
        self.messages = 0

    def look(self) -> None:
        together: dict[str, float] = {}
        for name, pid in self.stack.pids().items():
            kind = "worker" if name.startswith("cpu-") else name
            watched = self.kinds.setdefault(kind, Watched())
            try:
                parent = psutil.Process(pid)
                for process in (parent, *parent.children(recursive=True)):
                    times = process.cpu_times()
                    watched.cpu[process.pid] = times.user + times.system
                    together[kind] = together.get(kind, 0.0) + process.memory_full_info().uss / 1e6
            except psutil.NoSuchProcess:
                continue
        for kind, megabytes in together.items():
            self.kinds[kind].rss.append(megabytes)
        self.redis_mb.append(self.client.info("memory")["used_memory"] / 1e6)
        self.messages = max(self.messages, sum(self.client.llen(queue) for queue in ("admit", "deliver")))


def measure(folder: Path, size: int, options: argparse.Namespace) -> dict[str, Any]:
    """One upload of ``size`` images through a line of its own."""
    home = folder / "home"
    _prepare(home, options.workers)
    from bench.process import context
    from records import recipes, workers
    from stack.local import Stack
    from tasks.context import Context

    path = folder / "tiny.toml"
    path.write_text(RECIPE.format(shard=options.shard))
    draw(home / "bucket" / "ingest" / "bench" / f"tiny-{size}", size)
    with Stack(context().settings) as stack:
        line = Context(stack.settings)
        transact, recipe = line.database.transact, line.recipe(str(path))
        transact(lambda connection: recipes.save(connection, recipe))
        watch = Watch(stack, stack.settings.broker())
        while not (transact(workers.schedulers) and transact(workers.live)):
            time.sleep(0.2)
        time.sleep(3.0)  # it has gone round some times
        watch.look()
        before = {kind: sum(watched.cpu.values()) for kind, watched in watch.kinds.items()}
        marker = f"ingest/bench/tiny-{size}/_READY"
        line.bucket.put(marker, json.dumps({"recipe": recipe.digest}).encode())
        progress = _follow(stack, watch, line, size, 60 * options.minutes)
        result = {"images": size, **_figures(progress, watch, before)}
        line.database.engine.dispose()
    return result


def _prepare(home: Path, workers: int) -> None:
    """Make the line's home, and point this process and its children at it."""
    home.mkdir()
    config = home / "sluice.toml"
    config.write_text(f'[workers.cpu]\nqueues = {QUEUES}\ndevice = "cpu"\nprocesses = {workers}\n')
    os.environ |= {"SLUICE_HOME": str(home), "SLUICE_LOG_LEVEL": "WARNING", "SLUICE_CONFIG": str(config)}
    for name in ("SLUICE_DATABASE_URL", "SLUICE_BROKER_URL", "SLUICE_BUCKET_URL"):
        os.environ.pop(name, None)


@dataclass
class Progress:
    """How an upload went on.

    Attributes:
        taken: seconds until its batch was recorded; 0 before that.
        seconds: seconds until its end, or until the time was up.
        settled: seconds and settled images, at each look.
    """

    taken: float = 0.0
    seconds: float = 0.0
    settled: list[tuple[float, int]] = field(default_factory=list)


def _follow(stack: Any, watch: Watch, line: Any, size: int, patience: float) -> Progress:
    """Look at the line every second until batch 1 is over, for at most ``patience`` seconds."""
    from line.states import SETTLED
    from records.queries import reports

    transact, progress, started = line.database.transact, Progress(), time.monotonic()
    while time.monotonic() - started < patience:
        stack.tend()
        time.sleep(1.0)
        watch.look()
        if not progress.taken and transact(reports.all_batches):
            progress.taken = time.monotonic() - started
        if not progress.taken or (len(watch.redis_mb) % 5 and size > 5000):
            continue
        now = transact(lambda connection: reports.progress(connection, 1))
        settled = sum(now.counts.get(state.value, 0) for state in SETTLED)
        progress.settled.append((time.monotonic() - started, settled))
        if now.is_over:
            break
    progress.seconds = time.monotonic() - started
    return progress


def _figures(progress: Progress, watch: Watch, before: Mapping[str, float]) -> dict[str, Any]:
    """The figures of one upload; ``before`` has the CPU seconds by kind of process before it came."""
    done = progress.settled[-1][1] if progress.settled else 0
    working = progress.seconds - progress.taken
    return {
        "settled": done,
        "intake_seconds": progress.taken,
        "seconds": progress.seconds,
        "images_per_second": done / working if working > 0 else 0.0,
        "rates": rates(progress.settled),
        "cpu_ms_per_image": {
            kind: 1000 * (sum(watched.cpu.values()) - before.get(kind, 0.0)) / max(1, done)
            for kind, watched in watch.kinds.items()
        },
        "memory_mb": {kind: quarters(watched.rss) for kind, watched in watch.kinds.items()},
        "redis_mb": quarters(watch.redis_mb),
        "messages_at_most": watch.messages,
    }


def quarters(values: list[float]) -> dict[str, float]:
    """At the start, the highest of the first half and of the second, at the end."""
    half = max(1, len(values) // 2)
    return {
        "start": values[0],
        "first_half": max(values[:half]),
        "second_half": max(values[half:] or values),
        "end": values[-1],
    }


def rates(at: list[tuple[float, int]], parts: int = 4) -> list[float]:
    """Images a second in each quarter of the run."""
    if len(at) <= parts:
        return []
    marks = [at[i * (len(at) - 1) // parts] for i in range(parts + 1)]
    return [(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(marks)]


def draw(folder: Path, count: int) -> None:
    """``count`` files of 64 different tiny JPEGs, in folders of a thousand."""
    data = []
    for seed in range(64):
        small = np.random.default_rng(seed).integers(40, 216, (2, 2, 3), dtype=np.uint8)
        data.append(
            cv2.imencode(".jpg", cv2.resize(small, (24, 24), interpolation=cv2.INTER_CUBIC))[1].tobytes()
        )
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}.jpg"
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(data[number % len(data)])


def show(results: list[Mapping[str, Any]]) -> None:
    print(
        f"{'images':>8} {'taken in':>9} {'in all':>9} {'images/s':>9}  CPU ms/image; memory start → end (highest), MB"
    )
    for result in results:
        spent = ", ".join(f"{kind} {value:.2f}" for kind, value in result["cpu_ms_per_image"].items())
        print(
            f"{result['images']:8} {result['intake_seconds']:8.1f}s {result['seconds']:8.1f}s "
            f"{result['images_per_second']:9.1f}  {spent}; {sum(result['cpu_ms_per_image'].values()):.2f} in all; "
            f"settled {result['settled']}"
        )
        for kind in ("scheduler",):
            memory = result["memory_mb"][kind]
            high = max(memory["first_half"], memory["second_half"])
            print(f"{'':8} {kind} {memory['start']:.0f} → {memory['end']:.0f} ({high:.0f}) MB", end="; ")
        memory = result["redis_mb"]
        high = max(memory["first_half"], memory["second_half"])
        print(
            f"Redis {memory['start']:.1f} → {memory['end']:.1f} ({high:.1f}) MB, {result['messages_at_most']} messages",
            end="; ",
        )
        print("images/s by quarter: " + ", ".join(f"{rate:.0f}" for rate in result["rates"]), flush=True)


if __name__ == "__main__":
    main()
