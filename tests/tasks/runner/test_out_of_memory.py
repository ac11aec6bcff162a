"""Want of memory at a step: fewer pictures at once, then tiles, then a person; and what was done is recorded."""

import weakref
from typing import Any

import numpy as np
import pytest

from line.picture import Edited, Flagged, Outcome, Picture
from models.contract import Filler
from tasks.runner.types import Attempt, Failed
from tests.harness.step_factory import trying
from worker.device_errors import DeviceLostError


class Tiled(Filler):
    name, licence, source, revision = "tiled", "MIT", "nowhere", "1"
    tiles = True

    def fill(self, rgb: Any, mask: Any, *, seed: int) -> Any:
        return rgb


def readings(tried: list[Attempt]) -> list[dict[str, float]]:
    return [dict(item.outcome.readings) for item in tried if isinstance(item.outcome, Edited | Flagged)]


def same(pictures: list[Picture]) -> list[Outcome]:
    return [Edited(picture, readings={"own": 1.0}) for picture in pictures]


def test_how_often_the_micro_batch_was_halved_is_recorded_with_each_image() -> None:
    def hungry(pictures: list[Picture], model: object) -> list[Outcome]:
        if len(pictures) > 2:
            raise MemoryError
        return same(pictures)

    assert readings(trying(hungry, 8)) == [{"own": 1.0, "memory_halved": 2}] * 8


@pytest.mark.parametrize("count", [1, 4])
def test_what_the_failed_call_held_is_free_before_the_next_try(count: int) -> None:
    """An error keeps the frames it came through, and they keep the tensors that filled the memory."""
    held: list[weakref.ref[np.ndarray]] = []
    alive: list[bool] = []

    def work(pictures: list[Picture], model: Tiled) -> list[Outcome]:
        alive.append(any(one() is not None for one in held))
        activations = np.zeros(1000)
        held.append(weakref.ref(activations))
        if len(pictures) > 1 or model.tile is None or model.tile > 256:
            raise MemoryError
        return same(pictures)

    trying(work, count, Tiled())
    assert len(alive) >= 3
    assert not any(alive)


def test_nothing_is_recorded_where_memory_sufficed() -> None:
    assert readings(trying(lambda pictures, model: same(pictures), 2)) == [{"own": 1.0}] * 2


@pytest.mark.parametrize("fits", [512, 128])
def test_an_image_too_large_as_a_whole_is_done_in_tiles(fits: int) -> None:
    sides: list[int | None] = []

    def hungry(pictures: list[Picture], model: Tiled) -> list[Outcome]:
        sides.append(model.tile)
        if len(pictures) > 1 or model.tile is None or model.tile > fits:
            raise MemoryError
        return same(pictures)

    model = Tiled()
    tried = trying(hungry, 2, model)
    assert readings(tried) == [{"own": 1.0, "memory_halved": 1, "memory_tile": fits}] * 2
    assert sides[:3] == [None, None, 512]
    assert model.tile is None, "the next image is tried as a whole again"


def test_what_finds_no_memory_even_in_tiles_is_a_persons() -> None:
    def hungry(pictures: list[Picture], model: Tiled) -> list[Outcome]:
        raise MemoryError

    (item,) = trying(hungry, 1, Tiled())
    assert isinstance(item.outcome, Flagged)
    assert item.outcome.reason == "out_of_memory"
    assert item.outcome.sentence == (
        "trial ran out of memory on it, even on it alone and in tiles of 128 pixels."
    )


def test_a_fault_in_tiles_is_that_images() -> None:
    def broken(pictures: list[Picture], model: Tiled) -> list[Outcome]:
        if model.tile is None:
            raise MemoryError
        raise ValueError("odd tile")

    (item,) = trying(broken, 1, Tiled())
    assert isinstance(item.outcome, Failed)
    assert "odd tile" in item.outcome.sentence


def test_a_model_without_tiles_is_not_asked_for_them() -> None:
    calls: list[int] = []

    def hungry(pictures: list[Picture], model: object) -> list[Outcome]:
        calls.append(len(pictures))
        raise MemoryError

    (item,) = trying(hungry, 1)
    assert isinstance(item.outcome, Flagged)
    assert calls == [1]


@pytest.mark.parametrize("count", [1, 4])
def test_a_lost_device_is_no_images_fault(count: int) -> None:
    calls: list[int] = []

    def lost(pictures: list[Picture], model: object) -> list[Outcome]:
        calls.append(len(pictures))
        raise RuntimeError("CUDA error: an illegal memory access was encountered\nCUDA kernel errors …")

    with pytest.raises(
        DeviceLostError, match="cpu is lost to this process: CUDA error: an illegal memory access"
    ):
        trying(lost, count)
    assert calls == [count], "nothing more is tried on it"
