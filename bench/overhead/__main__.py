"""What the line costs over a bare process pool: images per second, same photos, transforms, gates and cores.

Three ways, interleaved, medians over the rounds:

    python -m bench.overhead

* ``line``: the whole line (Postgres, Redis, Celery chains of shards, leases, records, content-addressed
  pictures between steps, manifest);
* ``pool``: ``multiprocessing.Pool`` with one process a core, everything in memory, one file out;
* ``naive``: one Celery task for each image and step, PNG (OpenCV's default level) between steps.

All three are warm (models loaded) before the clock starts.
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

from bench import entry

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


def measure(folder: Path, options: argparse.Namespace) -> dict[str, object]:
    upload = pick(folder / "upload", options.images)
    os.environ |= {"SLUICE_HOME": str(folder / "home"), "SLUICE_LOG_LEVEL": "WARNING"}
    (folder / "home").mkdir()
    (folder / "home" / "sluice.toml").write_text(topology(options.processes))
    os.environ["SLUICE_CONFIG"] = str(folder / "home" / "sluice.toml")
    from bench.overhead.ways import Line, Naive, Pool

    ways_by_name: dict[str, Callable[[], object]] = {
        "pool": lambda: Pool(options.processes, folder),
        "line": lambda: Line(folder),
        "naive": lambda: Naive(options.processes, folder),
    }
    ways = [name for name in ways_by_name if name in options.ways.split(",")]
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for round_number in range(options.rounds):
        for name in ways:  # one way at a time holds the cores: it is started, warmed, timed and stopped
            with ways_by_name[name]() as way:  # type: ignore[attr-defined]
                way.run(pick(folder / f"warm-{name}-{round_number}", 2 * options.processes))
                started = time.perf_counter()
                way.run(upload)
                seconds[name].append(time.perf_counter() - started)
            print(
                f"round {round_number + 1}, {name}: {options.images / seconds[name][-1]:.2f} images/s",
                file=sys.stderr,
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
    }


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


def show(result: dict[str, object]) -> None:
    print(f"{result['images']} photos, {result['processes']} processes, median of {result['rounds']} rounds")
    print(f"{'way':8} {'images/s':>9} {'of the pool':>12}")
    for name, rate in result["images_per_second"].items():  # type: ignore[attr-defined]
        share = result["ratio_to_pool"].get(name)  # type: ignore[attr-defined]
        print(f"{name:8} {rate:9.2f} {share if share is None else format(share, '12.3f')}")


if __name__ == "__main__":
    main()
