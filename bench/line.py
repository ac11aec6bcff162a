"""CPU seconds that a photo costs, by part of the line, relative to decoding the same photos.

Every photo goes through the steps and gates of a recipe in this process, on one thread, and the processor time of each
part is measured on its own. A machine that is busy or slow makes all parts dearer alike, so that the budget in
``bench/budget.toml`` is a ratio: so many times what decoding costs. The photos are measured in several rounds, and each
part's median round counts.

``--line`` also sends the photos through the whole line on this machine and adds what its processes took: workers,
their parents (messages), scheduler, Postgres and Redis.

Exit code 1 where a part costs more than its budget.
"""

import hashlib
import os
import statistics
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import cv2

from bench import entry
from bench.line_processes import measure_processes
from bench.process import context
from gates.contract import judge
from gates.contract import registry as gate_registry
from gates.edit import Edit
from imaging import decode, intermediate
from line.facts import Facts
from line.picture import Edited, Picture, Publishable
from line.recipe import Recipe
from records.storage.bucket import Bucket, open_bucket
from tasks.runner.execute import subject_finder
from tasks.runner.types import PreparedStep
from worker.model_cache import ModelCache

ROOT = Path(__file__).resolve().parents[1]
BUDGET = Path(__file__).with_name("budget.toml")
PHOTOS = ROOT.parent / "shared" / "data" / "product"
SAMPLES = ROOT / "samples" / "upload"
BASE = "decode"
"""The part that all others are compared with."""
PART_OF = {"find_text": "find", "erase_text": "erase", "upscale": "enlarge"}
"""Names of the parts that are one transform."""


@dataclass
class Meter:
    """CPU seconds of this thread, by part."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        started = time.thread_time()
        try:
            yield
        finally:
            self.seconds[name] += time.thread_time() - started


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--images", type=int, default=60, help="photos a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--recipe", default="catalog")
    parser.add_argument("--skip", nargs="*", default=[], metavar="STEP", help="leave these steps out")
    parser.add_argument("--line", action="store_true", help="measure the processes of the whole line too")
    options = entry.parse(parser, quick={"images": 8, "rounds": 2})
    files = pick(options.images)
    result = measure(files, context().recipe(options.recipe), options.rounds, options.skip)
    if options.line:
        result["processes"] = measure_processes(files, options.recipe)
    over = over_budget(result["ratios"], tomllib.loads(BUDGET.read_text("utf-8")))
    show(result, over)
    entry.write(options.json, result | {"over_budget": over})
    sys.exit(1 if over else 0)


def pick(count: int) -> list[Path]:
    """``count`` JPEG files, the same at every call, spread over what there is; samples repeat where few are there."""
    files = sorted((PHOTOS if PHOTOS.is_dir() else SAMPLES).rglob("*.jpg"))
    return [files[number * len(files) // count % len(files)] for number in range(count)]


def measure(files: list[Path], recipe: Recipe, rounds: int, skipped: list[str]) -> dict[str, Any]:
    """CPU seconds a photo by part, the median of some rounds, and their ratios to decoding."""
    cv2.setNumThreads(1)
    meters = []
    with tempfile.TemporaryDirectory(prefix="sluice-line-") as folder:
        run(files[:2], recipe, open_bucket(Path(folder).as_uri()), Meter(), skipped)  # loads the models
        for number in range(rounds):
            meter = Meter()
            megapixels = run(
                files, recipe, open_bucket((Path(folder) / str(number)).as_uri()), meter, skipped
            )
            meters.append(meter)
    parts = sorted({name for meter in meters for name in meter.seconds})
    seconds = {
        name: statistics.median(meter.seconds[name] for meter in meters) / len(files) for name in parts
    }
    seconds["gates"] = sum(value for name, value in seconds.items() if name.startswith("gate "))
    seconds["all"] = sum(value for name, value in seconds.items() if name != "gates")
    return {
        "images": len(files),
        "rounds": rounds,
        "megapixels": megapixels / len(files),
        "seconds": seconds,
        "ratios": {name: value / seconds[BASE] for name, value in seconds.items()},
    }


def run(files: list[Path], recipe: Recipe, store: Bucket, meter: Meter, skipped: list[str]) -> float:
    """Every file through the recipe; answers the megapixels that were decoded."""
    return sum(one(file, recipe, store, meter, skipped) for file in files)


def one(file: Path, recipe: Recipe, store: Bucket, meter: Meter, skipped: list[str]) -> float:
    """One file through the recipe; answers its megapixels."""
    with meter.part("read"):
        data = file.read_bytes()
    with meter.part("hash"):
        hashlib.sha256(data).hexdigest()
    with meter.part(BASE):
        decoded = decode.decode(file.name, data)
    picture = Picture(file.name, decoded.rgb, facts=decoded.facts)
    gates("admit", Edit("admit", picture.rgb, picture.rgb), meter)
    keep(picture, store, meter)
    for step in recipe.steps[1:]:
        transform = context().transforms.get(step.transform)
        if step.transform in skipped or not transform.is_needed(picture.facts, step.params):
            continue
        prepared = PreparedStep.of(recipe, step, transform, models(), context().codec)
        with meter.part(PART_OF.get(transform.name, "encode")):
            (outcome,) = transform.run([picture], prepared.model, step.params, codec=prepared.codec)
        after = follow(transform.name, recipe, picture, outcome, meter)
        if after is None:
            break
        if after.rgb is not picture.rgb:
            keep(after, store, meter)
        picture = after
    return float(decoded.rgb.shape[0] * decoded.rgb.shape[1] / 1e6)


@cache
def models() -> ModelCache:
    """The models of this process."""
    return context().models


def follow(name: str, recipe: Recipe, before: Picture, outcome: Any, meter: Meter) -> Picture | None:
    """Judge what a step made; answers the picture that goes on, whatever the gates said of it."""
    if isinstance(outcome, Publishable):
        reference = before.rgb if outcome.reference is None else outcome.reference
        finder = subject_finder(recipe, models())
        gates(name, Edit(name, reference, outcome.rgb, style=recipe.style, find_subject=finder), meter)
        with meter.part("hash"):
            hashlib.sha256(outcome.data).hexdigest()
        return None
    if not isinstance(outcome, Edited):
        return None
    picture = outcome.picture
    mask = outcome.touched if picture.rgb is not before.rgb else picture.mask
    finder = subject_finder(recipe, models())
    edit = Edit(name, before.rgb, picture.rgb, mask=mask, style=recipe.style, find_subject=finder)
    gates(name, edit, meter)
    is_masked = picture.mask is not None and bool(picture.mask.any())
    facts = Facts(width=picture.width, height=picture.height, masked=is_masked)
    return picture.with_(facts=picture.facts | facts)


def gates(transform: str, edit: Edit, meter: Meter) -> None:
    """Every gate on its own; what several share falls to the first that asks for it."""
    for gate in gate_registry().for_transform(transform):
        with meter.part(f"gate {gate.name}"):
            judge(edit, gates=[gate])


def keep(picture: Picture, store: Bucket, meter: Meter) -> None:
    """What is done with a picture between two steps: packed, named by its hash, written, read, unpacked."""
    with meter.part("intermediate"):
        data = intermediate.encode_rgb(picture.rgb)
    with meter.part("hash"):
        hashlib.sha256(data).hexdigest()
    with meter.part("write"):
        key = store.keep(data, intermediate.PICTURE_SUFFIX)
    with meter.part("read"):
        data = store.get(key)
    with meter.part("intermediate"):
        intermediate.decode_rgb(data)


def over_budget(ratios: dict[str, float], budget: dict[str, float]) -> dict[str, dict[str, float]]:
    """Parts that cost more than they may, and parts that have no budget."""
    return {
        name: {"ratio": ratio, "budget": budget.get(name, 0.0)}
        for name, ratio in ratios.items()
        if ratio > budget.get(name, 0.0)
    }


def show(result: dict[str, Any], over: dict[str, Any]) -> None:
    budget: dict[str, float] = tomllib.loads(BUDGET.read_text("utf-8"))
    rounds = f"median of {result['rounds']} rounds"
    print(f"{result['images']} photos of {result['megapixels']:.2f} megapixels, one thread, {rounds}")
    print(f"{'part':24} {'CPU ms a photo':>14} {'of decoding':>12} {'budget':>7}")
    order: Callable[[str], float] = lambda name: -result["seconds"][name]  # noqa: E731
    for name in sorted(result["seconds"], key=order):
        word = "  OVER" if name in over else ""
        ratio, most = result["ratios"][name], budget.get(name, 0.0)
        print(f"{name:24} {1000 * result['seconds'][name]:14.2f} {ratio:12.2f} {most:7.2f}{word}")
    for name, seconds in result.get("processes", {}).items():
        print(f"process {name:16} {1000 * seconds:14.2f}")


if __name__ == "__main__":
    main()
