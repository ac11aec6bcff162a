"""What a worker's heartbeat says of memory."""

import mmap
import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from worker import peak_memory as memory
from worker.peak_memory import DeviceMemory


class DriverError(Exception):
    pass


def driver(**functions: object) -> ModuleType:
    """NVIDIA's bindings, with a GPU that is not there."""
    module = ModuleType("pynvml")
    module.__dict__.update(
        {
            "NVMLError": DriverError,
            "nvmlInit": lambda: None,
            "nvmlShutdown": lambda: None,
            "nvmlDeviceGetHandleByIndex": lambda number: number,
            "nvmlDeviceGetMemoryInfo": lambda handle: SimpleNamespace(used=10 + handle, total=80),
        }
        | functions
    )
    return module


def test_memory_that_a_process_takes_is_measured() -> None:
    before = memory.process_memory()
    assert before is not None
    size = 64 * 1024 * 1024
    with mmap.mmap(-1, size) as block:
        block.write(b"\1" * size)
        after = memory.process_memory()
    assert after is not None
    assert after - before > 0.9 * size


def test_memory_of_the_processes_below_is_counted_too() -> None:
    size = 32 * 1024 * 1024
    inner = f"block = b'1' * {size}; print(flush=True); input()"
    outer = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])"
    command = [sys.executable, "-c", outer, inner]
    before = memory.process_memory()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        after = memory.process_memory()
        process.communicate("\n")
    assert before is not None
    assert after is not None
    assert after - before > 0.9 * size


def test_the_gpu_that_the_worker_is_pinned_to_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", driver())
    assert memory.device_memory("cuda:3") == DeviceMemory(13, 80)
    assert memory.device_memory("cpu") is None


def test_without_a_driver_or_its_bindings_the_memory_of_a_gpu_is_unknown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def absent() -> None:
        raise DriverError("driver not loaded")

    monkeypatch.setitem(sys.modules, "pynvml", driver(nvmlInit=absent))
    assert memory.device_memory("cuda:0") is None
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert memory.device_memory("cuda:0") is None
