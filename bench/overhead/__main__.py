"""What the line costs over a bare process pool: images per second, same photos, transforms, gates and cores.

Several ways, interleaved, medians over the rounds:

    python -m bench.overhead
    python -m bench.overhead --ways pool,line,naive,ray     # Ray Data too: pip install -e '.[comparison]'

* ``line``: the whole line (Postgres, Redis, Celery chains of shards, leases, records, content-addressed
  pictures between steps, manifest);
* ``pool``: ``multiprocessing.Pool`` with one process a core, everything in memory, one file out;
* ``naive``: plain Celery, one task for each image and step, PNG (OpenCV's default level) between steps;
* ``ray``: Ray Data, one ``map_batches`` for each step, pictures between steps in its object store.

CPU seconds are of all processes below this one, servers included: where a machine is busy with other things, they say
more than the clock. All ways are warm (models loaded) before the clock starts.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import entry
from bench.process import cpu_seconds_of_children

PHOTOS = Path(__file__).resolve().parents[3] / "shared" / "data" / "product"
SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "upload"


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--images", type=int, default=96, help="photos a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processes", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--ways", default="pool,line,naive", help="which to measure")
    options = entry.parse(parser, quick={"images": 2, "rounds": 1, "processes": 1, "ways": "pool,line"})
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as folder:
        result = measure(Path(folder), options)
    show(result)
    entry.write(options.json, result)


def measure(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    upload = pick(folder / "upload", options.images)
    os.environ |= {"SLUICE_HOME": str(folder / "home"), "SLUICE_LOG_LEVEL": "WARNING"}
    (folder / "home").mkdir()
    (folder / "home" / "sluice.toml").write_text(topology(options.processes))
    os.environ["SLUICE_CONFIG"] = str(folder / "home" / "sluice.toml")
    from bench.overhead.ways import Line, Naive, Pool

    ways_by_name: dict[str, Callable[[], Any]] = {
        "pool": lambda: Pool(options.processes, folder),
        "line": lambda: Line(folder),
        "naive": lambda: Naive(options.processes, folder),
        "ray": lambda: _ray(options.processes, folder),
    }
    ways = [name for name in ways_by_name if name in options.ways.split(",")]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    cpu_seconds: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(options.rounds):
        for name in ways:  # one way at a time holds the cores: it is started, warmed, timed and stopped
            with ways_by_name[name]() as way:
                way.run(pick(folder / f"warm-{name}-{number}", 2 * options.processes))
                spent, cpu_spent = timed(way, upload)
            seconds[name].append(spent)
            cpu_seconds[name].append(cpu_spent)
            rate, cost = options.images / spent, cpu_spent / options.images
            print(
                f"round {number + 1}, {name}: {rate:.2f} images/s, {cost:.3f} CPU s an image", file=sys.stderr
            )
    rates = {
        name: statistics.median(options.images / value for value in values)
        for name, values in seconds.items()
    }
    base = rates.get("pool")
    return {
        "images": options.images,
        "rounds": options.rounds,
        "processes": options.processes,
        "seconds": seconds,
        "images_per_second": rates,
        "ratio_to_pool": {name: rate / base for name, rate in rates.items()} if base else {},
        "cpu_seconds_per_image": {
            name: statistics.median(values) / options.images for name, values in cpu_seconds.items()
        },
    }


def timed(way: Any, upload: Path) -> tuple[float, float]:
    """Seconds and CPU seconds of all processes for a folder of photos."""
    before, started = cpu_seconds_of_children(), time.perf_counter()
    way.run(upload)
    seconds, after = time.perf_counter() - started, cpu_seconds_of_children()
    return seconds, sum(after[pid] - before.get(pid, 0.0) for pid in after)


def _ray(processes: int, folder: Path) -> Any:
    from bench.overhead.ray_data import RayData  # an extra of its own

    return RayData(processes, folder)


def pick(folder: Path, count: int) -> Path:
    """``count`` photos, the same at every call, spread over what there is."""
    files = sorted(path for path in (PHOTOS if PHOTOS.is_dir() else SAMPLES).rglob("*.jpg"))
    folder.mkdir(parents=True)
    for number in range(count):
        source = files[number * len(files) // count % len(files)]
        shutil.copyfile(source, folder / f"{number:04}-{source.name}")
    return folder


def topology(processes: int) -> str:
    queues = '["admit", "find_text", "erase_text", "upscale", "deliver"]'
    return f'[workers.cpu]\nqueues = {queues}\ndevice = "cpu"\nprocesses = {processes}\n'


def show(result: dict[str, Any]) -> None:
    print(f"{result['images']} photos, {result['processes']} processes, median of {result['rounds']} rounds")
    print(f"{'way':8} {'images/s':>9} {'of the pool':>12} {'CPU s an image':>15}")
    for name, rate in result["images_per_second"].items():
        share = result["ratio_to_pool"].get(name)
        written = format(share, "12.3f") if share is not None else f"{'':12}"
        print(f"{name:8} {rate:9.2f} {written} {result['cpu_seconds_per_image'][name]:15.3f}")


if __name__ == "__main__":
    main()
