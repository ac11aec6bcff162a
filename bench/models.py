"""What the models cost: throughput by picture size and micro-batch, and memory held against declared.

    python -m bench.models
    python -m bench.models --device cuda:0 --sides 128 256 --batches 1 4

Every figure stands beside the classical method of the same task, measured in the same run on the same
pictures. Networks are those whose weights are ready here; where there are none, two of usual size are drawn
at random: their timings and memory are real, their pictures are not. Without torch only the classical ones.
"""

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import cv2
import numpy as np

from bench import entry
from line.settings import load_settings
from models.contract import (
    Denoiser,
    Enlargement,
    Filler,
    Model,
    Perceptual,
    Restorer,
    TextFinder,
    Upscaler,
    build,
)
from models.inference.network import Network
from models.weights import manifest
from models.weights.manifest import File, Weights
from worker.device import pin
from worker.model_cache import ModelCache

CLASSICAL = {"upscale": "back_projection", "fill": "surroundings", "denoise": "non_local_means"}
"""What a network of a task is held against."""


def drawn() -> None:
    """Register two networks of usual size with random weights, in the weights folder of this run alone."""
    import torch
    from safetensors.torch import save_file
    from spandrel.architectures.Compact import Compact
    from spandrel.architectures.SPAN import SPAN

    torch.manual_seed(0)
    networks = {
        "random_span_48": SPAN(num_in_ch=3, num_out_ch=3, feature_channels=48, upscale=2),
        "random_compact_64": Compact(num_in_ch=3, num_out_ch=3, num_feat=64, num_conv=16, upscale=2),
    }
    for name, network in networks.items():
        path = load_settings().weights_folder / name / "net.safetensors"
        path.parent.mkdir(parents=True)
        save_file(network.state_dict(), path)
        file = File(path=path.name, sha256=manifest.sha256_of(path), bytes=path.stat().st_size)
        manifest.register(
            Weights(
                root=load_settings().weights_folder,
                name=name,
                task="upscale",
                reader="spandrel",
                licence="none",
                source="drawn at random",
                revision="0",
                files=(file,),
                memory_per_megapixel=1500.0,
            )
        )


def job(model: Model, side: int, batch: int) -> Callable[[], Any] | None:
    """One call of the model on a micro-batch of pictures ``side`` × ``side``; None for what is not timed."""
    random = np.random.default_rng(0)
    small = [random.integers(0, 256, (side // 8, side // 8, 3), np.uint8) for _ in range(batch)]
    photos = [
        np.asarray(cv2.resize(one, (side, side), interpolation=cv2.INTER_CUBIC), np.uint8) for one in small
    ]
    mask = np.zeros((side, side), np.uint8)
    mask[side // 3 : side // 2, side // 4 : side // 2] = 255
    if isinstance(model, Upscaler):
        wanted = [Enlargement(photo, (2 * side, 2 * side), 0) for photo in photos]
        return lambda: model.upscale_all(wanted)
    if isinstance(model, Filler):
        return lambda: [model.fill(photo, mask, seed=0) for photo in photos]
    if isinstance(model, Denoiser):
        return lambda: [model.denoise(photo, seed=0) for photo in photos]
    if isinstance(model, Restorer):
        return lambda: [model.restore(photo, seed=0) for photo in photos]
    if isinstance(model, Perceptual):
        return lambda: [model.distance(photo, photo[::-1].copy()) for photo in photos]
    if isinstance(model, TextFinder):
        return lambda: [model.find(photo, limit=960) for photo in photos]
    return None  # generators take minutes: bench them with the recipe's own steps


def seconds_of(call: Callable[[], Any], at_least: float, device: str) -> float:
    """Median of as many calls as fill ``at_least`` seconds, three or more, after one that does not count.

    On a CPU it is the time that this process computed, so that what else runs there does not count.
    """
    clock = time.process_time if device == "cpu" else time.perf_counter
    call()
    times: list[float] = []
    while len(times) < 3 or sum(times) < at_least:
        begun = clock()
        call()  # results are arrays in main memory: the device has finished
        times.append(clock() - begun)
    return statistics.median(times)


def working(call: Callable[[], Any], device: str) -> float | None:
    """MB that a call takes of a GPU beside what is held; None on a CPU, where nobody counts it exactly."""
    if device == "cpu":
        return None
    import torch

    torch.cuda.synchronize()
    held = torch.cuda.memory_allocated()
    torch.cuda.reset_peak_memory_stats()
    call()
    return float(torch.cuda.max_memory_allocated() - held) / 1e6


def measure(device: str, sides: list[int], batches: list[int], at_least: float) -> list[dict[str, Any]]:
    """One row for each model, side and micro-batch."""
    rows: list[dict[str, Any]] = []
    models = build(load_settings().weights_folder)
    ready = {name: kind for name, kind in models.models.items() if kind.missing() is None}
    for name, kind in sorted(ready.items(), key=lambda item: (item[1].task, issubclass(item[1], Network))):
        here = ModelCache(models, device)
        model = here.get(name, kind.task)
        held = here.measured(name) if issubclass(kind, Network) else 0.0
        for side in sides:
            for batch in batches if issubclass(kind, Network) and device != "cpu" else batches[:1]:
                call = job(model, side, batch)
                if call is None:
                    continue
                megapixels = batch * side * side / 1e6
                per = seconds_of(call, at_least, device) / megapixels
                taken = working(call, device) if issubclass(kind, Network) else None
                rows.append(
                    {
                        "task": kind.task.value,
                        "model": name,
                        "side": side,
                        "micro_batch": batch,
                        "megapixels_per_second": round(1 / per, 4),
                        "held_mb": round(held, 1),
                        "declared_mb": round(kind.memory, 1),
                        "working_mb_per_megapixel": round(taken / megapixels, 1)
                        if taken is not None
                        else None,
                        "declared_mb_per_megapixel": kind.memory_per_megapixel,
                    }
                )
    reference = {
        (row["task"], row["side"]): row["megapixels_per_second"]
        for row in rows
        if CLASSICAL.get(row["task"]) == row["model"]
    }
    for row in rows:
        beside = reference.get((row["task"], row["side"]))
        row["times_the_classical_one"] = round(beside / row["megapixels_per_second"], 2) if beside else None
    return rows


def machine(device: str) -> dict[str, Any]:
    """What this was measured on."""
    facts: dict[str, Any] = {
        "device": device,
        "processor": platform.processor() or platform.machine(),
        "cores": os.cpu_count(),
        "threads_per_process": int(os.environ.get("OMP_NUM_THREADS", "0")) or os.cpu_count(),
        "load": round(os.getloadavg()[0], 1),
        "torch": None,
    }
    if find_spec("torch"):
        import torch

        facts |= {"torch": torch.__version__, "threads_per_process": torch.get_num_threads()}
        if device != "cpu":
            facts["processor"] = torch.cuda.get_device_name(0)
            facts["memory_mb"] = round(torch.cuda.get_device_properties(0).total_memory / 1e6)
    return facts


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--device", default=load_settings().device)
    parser.add_argument("--sides", type=int, nargs="+", default=[128, 256])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4])
    parser.add_argument("--seconds", type=float, default=0.5, help="per figure")
    given = entry.parse(parser, quick={"sides": [128], "batches": [1], "seconds": 0.05})
    pin(given.device)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["SLUICE_MICRO_BATCH"] = str(max(given.batches))
        names = [
            name
            for name, kind in build(load_settings().weights_folder).models.items()
            if issubclass(kind, Network) and not kind.missing()
        ]
        if not names and find_spec("spandrel"):
            os.environ["SLUICE_HOME"] = folder
            drawn()
            print("no weights are ready here: two networks of usual size, drawn at random")
        on, rows = machine(given.device), measure(given.device, given.sides, given.batches, given.seconds)
    print(", ".join(f"{key} {value}" for key, value in on.items()))
    print(f"{'task':11}{'model':20}{'side':>5}{'batch':>6}{'MP/s':>9}{'x classical':>12}"
          f"{'MB held (declared)':>20}{'MB/MP working (declared)':>26}")  # fmt: skip
    for row in rows:
        times = f"{row['times_the_classical_one']:.2f}" if row["times_the_classical_one"] else "-"
        taken = row["working_mb_per_megapixel"]
        print(f"{row['task']:11}{row['model']:20}{row['side']:5}{row['micro_batch']:6}"
              f"{row['megapixels_per_second']:9.3f}{times:>12}"
              f"{row['held_mb']:>11.1f} ({row['declared_mb']:.1f})".ljust(75)
              + f"{'-' if taken is None else taken} ({row['declared_mb_per_megapixel']:.0f})".rjust(14))  # fmt: skip
    if given.device == "cpu":
        print(
            "not shown on a CPU: working memory, gains by micro-batches (pictures run one at a time), half precision"
        )
    entry.write(given.json, {"machine": on, "rows": rows})


if __name__ == "__main__":
    main()
