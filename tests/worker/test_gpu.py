"""What only an accelerator can show: the pinned device is the only one seen, and running out of its memory."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from line.picture import Edited, Flagged, Outcome, Picture
from line.recipe import Step
from tasks.attempt import _run
from tasks.store import Loaded
from tasks.transform import transform

torch = pytest.importorskip("torch")
pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="no accelerator on this machine"),
]

PIN = """
import sys
from worker.device import check_pinned, local, pin
pin(sys.argv[1])
check_pinned(sys.argv[1])
import torch
print(torch.cuda.device_count(), torch.ones(1, device=local(sys.argv[1])).device)
"""


def pinned(device: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", PIN, device], capture_output=True, text=True, timeout=300)


def test_a_pinned_process_sees_exactly_its_device() -> None:
    assert pinned("cuda:0").stdout.split() == ["1", "cuda:0"]


def test_a_process_pinned_to_a_device_that_is_not_there_says_so() -> None:
    refused = pinned("cuda:63")
    assert refused.returncode != 0
    assert "SettingsError: SLUICE_DEVICE=cuda:63: torch sees 0 devices instead of one" in refused.stderr


@transform(queue="upscale")
def hungry(pictures: list[Picture], model: Any, *, share: float = 0.3) -> list[Outcome]:
    """Takes ``share`` of the device's memory for each picture at once."""
    _, total = torch.cuda.mem_get_info()
    held = [torch.empty(int(total * share), dtype=torch.uint8, device="cuda") for _ in pictures]
    sizes.append(len(held))
    return [Edited(picture) for picture in pictures]


sizes: list[int] = []


def run(share: float, count: int) -> list[Any]:
    sizes.clear()
    row: Any = SimpleNamespace(id=0)
    loaded = [
        Loaded(row, Picture(f"{number}.jpg", np.zeros((4, 4, 3), np.uint8)), number)
        for number in range(count)
    ]
    return list(_run(hungry, None, Step(transform="hungry", share=share), loaded))


def test_out_of_memory_halves_the_micro_batch_until_it_fits() -> None:
    outcomes = run(share=0.3, count=8)
    assert sizes == [2, 2, 2, 2]
    assert all(isinstance(outcome, Edited) for outcome in outcomes)
    assert torch.cuda.memory_allocated() == 0


def test_an_image_too_large_for_the_device_is_flagged_and_its_neighbours_are_not() -> None:
    outcomes = run(share=1.5, count=2)
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Flagged)] == ["out_of_memory"] * 2
    assert all(isinstance(outcome, Edited) for outcome in run(share=0.1, count=2))
