"""Models that share a device: loaded once, by declared memory, the least recently used out."""

import logging
import subprocess
import sys
from typing import Any, ClassVar

import pytest

from line.errors import ModelError
from models.contract import Filler, ModelRegistry, Task
from worker.device_errors import is_device_lost, is_out_of_memory
from worker.model_cache import ModelCache


class Counted(Filler):
    """A model that notes what is done with it."""

    licence, source, revision = "MIT", "nowhere", "1"
    memory_per_megapixel = 10.0
    done: ClassVar[list[str]] = []

    def load(self) -> None:
        self.done.append(f"load {self.name}")

    def warm_up(self) -> None:
        self.done.append(f"warm {self.name}")

    def fill(self, rgb: Any, mask: Any, *, seed: int) -> Any:
        return rgb


def model(name: str, memory: float, **more: Any) -> type[Counted]:
    return type(name, (Counted,), {"name": name, "memory": memory, **more})


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> ModelRegistry:
    """Three models of 40 MB."""
    registry = ModelRegistry()
    for name in ("a", "b", "c"):
        registry.add(model(name, 40.0))
    monkeypatch.setattr(ModelCache, "_in_use", lambda self: 0.0)
    Counted.done.clear()
    return registry


def test_a_model_is_loaded_and_warmed_up_once(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu")
    assert here.get("a", Task.FILL) is here.get("a", Task.FILL)
    assert Counted.done == ["load a", "warm a"]


def test_without_a_limit_all_stay(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu")
    for name in "abc":
        here.get(name, Task.FILL)
    assert here.names == ["a", "b", "c"]


def test_the_least_recently_used_makes_room(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu", room=100)  # two of 40 MB, and 10 to work with
    for name in "aba":
        here.get(name, Task.FILL)
    here.get("c", Task.FILL)
    assert here.names == ["a", "c"]
    here.get("b", Task.FILL)
    assert here.names == ["c", "b"]
    assert Counted.done.count("load a") == 1
    assert Counted.done.count("load b") == 2


def test_working_memory_of_the_greediest_counts(registry: ModelRegistry) -> None:
    registry.models["b"] = model("b", 5.0, memory_per_megapixel=70.0)
    here = ModelCache(registry, "cpu", room=110)
    for name in "ab":
        here.get(name, Task.FILL)
    assert here.names == ["b"]


def test_a_model_larger_than_the_room_is_refused_with_both_figures(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu", room=30)
    with pytest.raises(ModelError, match=r"a declares 40 MB, and this worker may use 30 MB of cpu"):
        here.get("a", Task.FILL)
    assert Counted.done == []


def test_what_a_model_is_seen_to_hold_counts_where_it_declared_less(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    readings = iter([0.0, 80.0, 80.0, 120.0])
    monkeypatch.setattr(ModelCache, "_in_use", lambda self: next(readings))
    here = ModelCache(registry, "cpu", room=100)
    here.get("a", Task.FILL)
    here.get("b", Task.FILL)
    assert here.names == ["b"]


def test_memory_held_and_declared_is_logged(
    registry: ModelRegistry, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    readings = iter([100.0, 163.0])
    monkeypatch.setattr(ModelCache, "_in_use", lambda self: next(readings))
    with caplog.at_level(logging.INFO, "worker.model_cache"):
        ModelCache(registry, "cpu").get("a", Task.FILL)
    assert "holds 63 MB (declared: 40)" in caplog.text


def test_a_load_that_finds_no_memory_is_tried_again_alone(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu")
    here.get("a", Task.FILL)
    here.get("b", Task.FILL)

    def load(self: Counted) -> None:
        if here.names:
            raise MemoryError
        self.done.append("load greedy")

    registry.models["greedy"] = model("greedy", 1.0, load=load)
    here.get("greedy", Task.FILL)
    assert here.names == ["greedy"]


def test_a_load_that_never_finds_memory_says_so(registry: ModelRegistry) -> None:
    def load(self: Counted) -> None:
        raise MemoryError

    registry.models["greedy"] = model("greedy", 1.0, load=load)
    here = ModelCache(registry, "cpu")
    with pytest.raises(MemoryError):
        here.get("greedy", Task.FILL)
    assert here.names == []


def test_new_weights_under_an_old_name_are_loaded(registry: ModelRegistry) -> None:
    here = ModelCache(registry, "cpu")
    first = here.get("a", Task.FILL)
    registry.models["a"] = model("a", 40.0)
    assert here.get("a", Task.FILL) is not first
    assert here.names == ["a"]


def named(name: str, message: str, base: type[Exception] = RuntimeError) -> Exception:
    error: Exception = type(name, (base,), {})(message)
    return error


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        named("OutOfMemoryError", "CUDA out of memory. Tried to allocate 2.00 GiB"),
        named("AcceleratorError", "CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError(
            "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
        ),
    ],
    ids=str,
)
def test_want_of_memory_is_known_by_its_errors(error: Exception) -> None:
    assert is_out_of_memory(error)
    assert not is_device_lost(error)


@pytest.mark.parametrize(
    "error",
    [
        named("AcceleratorError", "CUDA error: an illegal memory access was encountered"),
        RuntimeError("CUDA error: unspecified launch failure"),
        RuntimeError("cuDNN error: CUDNN_STATUS_EXECUTION_FAILED"),
    ],
    ids=str,
)
def test_a_lost_device_is_known_by_its_errors(error: Exception) -> None:
    assert is_device_lost(error)
    assert not is_out_of_memory(error)


@pytest.mark.parametrize("error", [ValueError("odd pixels"), RuntimeError("shapes differ")], ids=str)
def test_any_other_fault_is_neither(error: Exception) -> None:
    assert not is_device_lost(error)
    assert not is_out_of_memory(error)


def test_reading_the_registry_and_checking_recipes_imports_no_framework() -> None:
    code = (
        "import sys\n"
        "from tests.harness.context import load, models\n"
        "assert {'lama', 'lpips_alex'} <= set(models().models)\n"
        "[model.missing() for model in models().models.values()]\n"
        "load('catalog')\n"
        "heavy = {'torch', 'torchvision', 'diffusers', 'transformers', 'spandrel', 'lpips'} & set(sys.modules)\n"
        "sys.exit(f'imported: {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
