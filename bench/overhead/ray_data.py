"""The same steps under Ray Data: each is a ``map_batches``; pictures pass between them as pickled rows of a block."""

import pickle
from functools import cache, partial
from pathlib import Path
from typing import Any, Self

import numpy as np
import ray

from bench.overhead.steps import RECIPE, one_step, start_worker
from bench.process import context
from line.picture import Original

ROWS = 8
"""Photos in a block, as many as in a shard of the line."""
STATE = "state"
"""The column that holds a picture; empty where the photo has left the line."""


class RayData:
    """Ray Data on this machine, with one process a core; Ray fuses the steps of a block into one task.

    Args:
        processes: how many tasks run at once.
        folder: for the delivered files.
    """

    def __init__(self, processes: int, folder: Path) -> None:
        self.processes, self.out = processes, folder / "ray"
        self.out.mkdir(exist_ok=True)

    def __enter__(self) -> Self:
        ray.init(num_cpus=self.processes, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
        ray.data.DataContext.get_current().enable_progress_bars = False
        return self

    def __exit__(self, *_: object) -> None:
        ray.shutdown()

    def run(self, upload: Path) -> None:
        """Every photo of a folder to its delivered file."""
        paths = [{STATE: str(path).encode()} for path in sorted(upload.iterdir())]
        photos = ray.data.from_items(paths, override_num_blocks=max(1, len(paths) // ROWS))
        for position in range(len(context().recipe(RECIPE).steps)):
            step = partial(_step, position=position, out=str(self.out))
            photos = photos.map_batches(step, batch_size=ROWS, batch_format="numpy")
        photos.materialize()


def _step(batch: dict[str, Any], position: int, out: str) -> dict[str, Any]:
    _prepare_process()
    states = [_after_step(state, position, Path(out)) for state in batch[STATE]]
    column = np.empty(len(states), object)
    column[:] = states
    return {STATE: column}


@cache
def _prepare_process() -> None:
    """As a worker is prepared, once in each of Ray's processes."""
    start_worker()


def _after_step(state: bytes, position: int, out: Path) -> bytes:
    if not state:
        return b""
    if position == 0:
        path = Path(state.decode())
        name, subject = path.name, Original(path.name, path.read_bytes())
    else:
        name, subject = pickle.loads(state)  # written by the step before
    result = one_step(context().recipe(RECIPE), position, subject)
    if isinstance(result, bytes):
        (out / name).write_bytes(result)
    return pickle.dumps((name, result)) if not isinstance(result, bytes | None) else b""
