"""A folder of photos and a recipe to try models on."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.harness.line import environment
from tests.review.experiments.commands import photo


@pytest.fixture
def library(tmp_path: Path) -> Iterator[None]:
    """A library of its own; the commands pin this very process."""
    env = {"SLUICE_HOME": str(tmp_path / "home"), "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    with environment(env):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photos; the first has a mask beside it."""
    path = tmp_path / "set"
    path.mkdir()
    for seed in range(6):
        cv2.imwrite(str(path / f"{seed}.png"), photo(seed))
    mask = np.zeros((150, 200), np.uint8)
    mask[40:60, 50:90] = 255
    cv2.imwrite(str(path / "0.mask.png"), mask)
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Without a step that finds text: no gate asks the detector."""
    path = tmp_path / "plain.toml"
    steps = ("admit", "erase_text", 'upscale"\ntarget = 180\nfloor = 16\n#', "deliver")
    path.write_text('name = "plain"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in steps))
    return path
