"""The naive way: each image and step is a task of its own, pictures lie as PNG files between them."""

import json
import os
from pathlib import Path

import cv2
import numpy as np
from celery import Celery, chain, group
from celery.signals import worker_process_init

from bench.overhead.steps import RECIPE, one_step, start_worker
from bench.process import context
from line.facts import Facts
from line.picture import Original, Picture

app = Celery("naive", broker=os.environ.get("NAIVE_BROKER"), backend=os.environ.get("NAIVE_BROKER"))


@worker_process_init.connect
def _init(**_: object) -> None:
    start_worker()


@app.task(name="naive.step")
def step(state: str, position: int) -> str:
    """One step of one image; ``state`` names the files it left."""
    recipe = context().recipe(RECIPE)
    base = Path(state)
    if state.startswith("-"):  # it left the line
        return state
    if position == 0:
        result = one_step(recipe, 0, Original(base.name, base.read_bytes()))
        base = Path(os.environ["NAIVE_OUT"]) / base.name
    else:
        facts = Facts.from_json(json.loads(base.with_suffix(".json").read_text()))
        rgb = np.asarray(cv2.imread(f"{base}.png", cv2.IMREAD_COLOR_RGB), np.uint8)
        path = f"{base}.mask.png"
        mask = np.asarray(cv2.imread(path, cv2.IMREAD_GRAYSCALE), np.uint8) if facts.masked else None
        result = one_step(recipe, position, Picture(base.name, rgb, mask, facts=facts))
    if isinstance(result, bytes):
        base.write_bytes(result)
        return f"-{base}"
    if result is None:
        return f"-{base}"
    cv2.imwrite(f"{base}.png", cv2.cvtColor(result.rgb, cv2.COLOR_RGB2BGR))
    if result.mask is not None:
        cv2.imwrite(f"{base}.mask.png", result.mask)
    base.with_suffix(".json").write_text(json.dumps(result.facts.to_json()))
    return str(base)


def begin(files: list[Path]) -> None:
    """Run every file through its chain and wait for the last."""
    positions = range(len(context().recipe(RECIPE).steps))
    chains = [
        chain(step.s(str(file), 0), *(step.s(position) for position in positions[1:])) for file in files
    ]
    group(chains).apply_async().get(timeout=3600)
