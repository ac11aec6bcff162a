"""What both trainers of networks share: the learning rate over the time, the moving average's decay, the checkpoint."""

import math
import time
from collections.abc import Mapping
from pathlib import Path

import torch


def rate_share(step: int, progress: float, warm_up: int, final_share: float) -> float:
    """Share of the learning rate: a cosine from 1 to ``final_share`` after a short rise.

    Args:
        step: steps that were made.
        progress: share 0..1 of the time that is over.
        warm_up: steps over which the rate rises.
    """
    fall = final_share + (1 - final_share) * 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return fall * min(1.0, (step + 1) / warm_up)


def average_decay(steps: int, decay: float) -> float:
    """Decay of a moving average after ``steps``: it forgets its start faster at the beginning."""
    return min(decay, (1 + steps) / (10 + steps))


def files_of(folder: Path, pattern: str, at_least: int) -> list[Path]:
    """The files below a folder that other processes fill, as soon as there are ``at_least`` so many."""
    while len(files := sorted(folder.rglob(pattern))) < at_least:
        time.sleep(5)
    return files


def write_checkpoint(file: Path, state: Mapping[str, object]) -> None:
    """Write a checkpoint in one go: whoever reads it meanwhile gets the one before."""
    part = file.with_suffix(".part")
    torch.save(dict(state), part)
    part.replace(file)
