"""What only an accelerator can show: pinning, memory that really runs out, a context that is really lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from line.picture import Edited, Flagged, Outcome, Picture
from models.contract import Enlargement, Task, Upscaler
from tasks.runner.execute import run as run_step
from tasks.runner.types import Loaded
from tasks.transform import transform
from tests.harness.context import models
from tests.harness.line import environment
from tests.harness.step_factory import prepared
from tests.models import networks
from worker.model_cache import ModelCache

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

LOSE = """
import torch
from worker.device_errors import is_device_lost, is_out_of_memory
table = torch.zeros(4, device="cuda")
try:
    table[torch.tensor([99], device="cuda")].cpu()
except Exception as error:
    print(type(error).__name__, is_device_lost(error), is_out_of_memory(error))
try:
    torch.ones(1, device="cuda").cpu()
except Exception as error:
    print("for good", is_device_lost(error))
"""

SIDE_BY_SIDE = """
import sys, numpy as np, torch
from line.settings import load_settings as settings
from models.contract import Task, build
from worker.model_cache import ModelCache
here = ModelCache.of(settings(), build(settings().weights_folder))
model = here.get("span", Task.UPSCALE)
rgb = np.random.default_rng(7).integers(0, 256, (256, 256, 3), np.uint8)
for _ in range(20):
    large = model.upscale(rgb, (512, 512), seed=1)
try:
    torch.empty(2 * settings().memory, dtype=torch.uint8, device="cuda")
except torch.OutOfMemoryError:
    import hashlib
    print(hashlib.sha256(large.tobytes()).hexdigest())
"""


def start(script: str, *words: str, **env: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *words],
        env={**os.environ, **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def output_of(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("gpu")
    with environment({"SLUICE_HOME": str(home), "SLUICE_DEVICE": "cuda:0"}):
        path = networks.save(home / "span.safetensors", networks.spandrel_state("span"))
        networks.put(path, "span", "upscale")
        networks.put(path, "span_single", "upscale", precision="float32")
        networks.put(
            networks.save(home / "lama.safetensors", networks.spandrel_state("lama")), "lama", "fill"
        )
        yield


# --- pinning -------------------------------------------------------------------------------------


def test_a_pinned_process_sees_exactly_its_device() -> None:
    assert output_of(start(PIN, "cuda:0"))[1].split() == ["1", "cuda:0"]


def test_a_process_pinned_to_a_device_that_is_not_there_says_so() -> None:
    code, _, err = output_of(start(PIN, "cuda:63"))
    assert code != 0
    assert "SettingsError: SLUICE_DEVICE=cuda:63: torch sees 0 devices instead of one" in err


def test_a_context_that_is_lost_is_known_as_such() -> None:
    _, out, err = output_of(start(LOSE))
    first, second = out.splitlines()
    assert first.split()[1:] == ["True", "False"], (out, err)
    assert second == "for good True"


def test_two_workers_side_by_side_keep_to_their_memory_and_give_the_same_bytes() -> None:
    both = [start(SIDE_BY_SIDE, SLUICE_MEMORY=str(2 * 10**9)) for _ in range(2)]
    answers = [output_of(process) for process in both]
    assert [code for code, _, _ in answers] == [0, 0], answers
    assert answers[0][1] == answers[1][1] != ""


# --- networks ------------------------------------------------------------------------------------


def loaded_model(name: str, task: Task = Task.UPSCALE, device: str = "cuda:0") -> Any:
    model = models().get(name, task)(device=device)
    model.load()
    return model


def photos(count: int, side: int = 96) -> list[np.ndarray]:
    random = np.random.default_rng(5)
    return [random.integers(0, 256, (side, side, 3), np.uint8) for _ in range(count)]


def test_single_precision_on_a_gpu_is_that_of_a_cpu_but_for_rounding() -> None:
    (rgb,) = photos(1)
    here, there = loaded_model("span_single"), loaded_model("span_single", device="cpu")
    off = np.abs(here.upscale(rgb, (192, 192), seed=1).astype(int) - there.upscale(rgb, (192, 192), seed=1))
    assert off.max() <= 3
    assert off.mean() < 0.05


def test_half_precision_is_taken_by_itself_and_comes_near_single() -> None:
    (rgb,) = photos(1)
    half, single = loaded_model("span"), loaded_model("span_single")
    assert (half.dtype, single.dtype) == ("float16", "float32")
    off = np.abs(half.upscale(rgb, (192, 192), seed=1).astype(int) - single.upscale(rgb, (192, 192), seed=1))
    assert off.mean() < 0.2


def test_the_same_bytes_twice_and_within_tolerance_in_a_batch_and_in_tiles() -> None:
    model: Upscaler = loaded_model("span_single")
    wanted = [Enlargement(rgb, (192, 192), 1) for rgb in photos(4)]
    together, again = model.upscale_all(wanted), model.upscale_all(wanted)
    for one, other, item in zip(together, again, wanted, strict=True):
        assert np.array_equal(one, other)
        alone = model.upscale(item.rgb, item.size, seed=1).astype(int)
        with model.in_tiles(64):
            tiled = model.upscale(item.rgb, item.size, seed=1).astype(int)
        assert np.abs(one - alone).max() <= model.tolerance
        assert np.abs(tiled - alone).max() <= model.tolerance


def test_a_fill_changes_nothing_but_the_hole() -> None:
    model, (rgb,) = loaded_model("lama", Task.FILL), photos(1)
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[30:50, 20:60] = 255
    filled = model.fill(rgb, mask, seed=1)
    assert np.array_equal(filled[mask == 0], rgb[mask == 0])
    assert not np.array_equal(filled[mask > 0], rgb[mask > 0])


def test_a_model_holds_about_what_it_declares_and_gives_it_back() -> None:
    here = ModelCache(models(), "cuda:0")
    model = here.get("lama", Task.FILL)
    assert here.measured("lama") == pytest.approx(model.memory, rel=0.3)
    del model
    here.keep_only(None)
    torch.cuda.empty_cache()
    before = torch.cuda.memory_allocated()
    assert before < 50e6


# --- memory that runs out ------------------------------------------------------------------------


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
    torch.cuda.empty_cache()
    loaded = [
        Loaded(Picture(f"{number}.jpg", np.zeros((4, 4, 3), np.uint8)), number) for number in range(count)
    ]
    return list(run_step(prepared(hungry, share=share), loaded))


def test_out_of_memory_halves_the_micro_batch_until_it_fits() -> None:
    outcomes = run(share=0.3, count=8)
    assert sizes == [2, 2, 2, 2]
    assert all(isinstance(outcome, Edited) for outcome in outcomes)
    assert {outcome.readings["memory_halved"] for outcome in outcomes} == {2}


def test_an_image_too_large_for_the_device_is_flagged_and_its_neighbours_are_not() -> None:
    outcomes = run(share=1.5, count=2)
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Flagged)] == ["out_of_memory"] * 2
    assert all(isinstance(outcome, Edited) for outcome in run(share=0.1, count=2))


def test_a_picture_too_large_as_a_whole_is_enlarged_in_tiles() -> None:
    model: Any = loaded_model("span_single")
    (rgb,) = photos(1, side=2048)
    from tasks.upscale import upscale

    total = torch.cuda.get_device_properties(0).total_memory
    torch.cuda.empty_cache()
    # room for tiles and not for the whole: 2048 x 2048 pixels times 8 channels take more in single precision
    torch.cuda.set_per_process_memory_fraction(min(1.0, (torch.cuda.memory_allocated() + 400e6) / total), 0)
    try:
        step = prepared(upscale, model, target=4096, floor=10)
        (outcome,) = run_step(step, [Loaded(Picture("a.jpg", rgb), 1)])
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, 0)
    assert isinstance(outcome, Edited)
    assert outcome.picture.rgb.shape == (4096, 4096, 3)
    assert outcome.readings["memory_tile"] in (512, 256, 128)
