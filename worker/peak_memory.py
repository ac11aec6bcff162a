"""Memory: what a piece of work takes at its peak, what a process takes now, and what is in use on a GPU."""

import ctypes
import gc
import logging
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

log = logging.getLogger(__name__)

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


class Gauge:
    """Measures from its creation on: the memory of the GPU for a device ``cuda:N``, else that of the process."""

    def __init__(self, device: str) -> None:
        _give_back()
        self._on_gpu = device.startswith("cuda")
        if self._on_gpu:
            import torch

            torch.cuda.synchronize()
            torch.cuda.empty_cache()
            torch.cuda.reset_peak_memory_stats()
            self._before: float | None = torch.cuda.memory_allocated() / 1e6
        else:
            self._before = _resident("VmRSS") if _forget_peak() else None

    def peak(self) -> float | None:
        """MB at the peak above what was held before; None where the system does not tell."""
        if self._before is None:
            return None
        if self._on_gpu:
            return max(0.0, float(sys.modules["torch"].cuda.max_memory_allocated()) / 1e6 - self._before)
        peak = _resident("VmHWM")
        return None if peak is None else max(0.0, peak - self._before)


def _give_back() -> None:
    """Freed memory goes back to the system, or work done in it would not be seen."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # glibc
    if trim is not None:
        trim(0)


def _forget_peak() -> bool:
    try:
        _RESET.write_text("5")  # Linux: the peak is counted anew
    except OSError:
        return False
    return True


def _resident(name: str) -> float | None:
    """MB of a line of ``/proc/self/status``."""
    try:
        lines = _STATUS.read_text("utf-8").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith(f"{name}:")), None)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes in use on a GPU by all processes, and bytes that it has."""

    used: int
    total: int


def process_memory() -> int | None:
    """Bytes of this process and its children, shared pages divided among them; None where it is not measured."""
    try:
        return sum(_bytes(each) for each in _family(psutil.Process()))
    except (psutil.Error, OSError):
        return None


def _family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all below it."""
    try:
        below = _ids_below(process.pid)
    except FileNotFoundError:  # a kernel that does not list children: psutil reads every process there is
        return [process, *process.children(recursive=True)]
    family = [process]
    for pid in below:
        with suppress(psutil.NoSuchProcess):
            family.append(psutil.Process(pid))
    return family


def _ids_below(pid: int) -> list[int]:
    below: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in map(int, (task / "children").read_text().split()):
            below.append(child)
            with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile
                below += _ids_below(child)
    return below


def device_memory(device: str) -> DeviceMemory | None:
    """Memory of the GPU of a device ``cuda:N``; None of another device, or where its driver gives no answer.

    The driver is asked, because the child process that computes is the only one with a context on the GPU.
    """
    kind, _, number = device.partition(":")
    if kind != "cuda":
        return None
    try:
        import pynvml  # of the extra gpu
    except ImportError:
        return None
    try:
        pynvml.nvmlInit()
        try:
            memory = pynvml.nvmlDeviceGetMemoryInfo(pynvml.nvmlDeviceGetHandleByIndex(int(number)))
        finally:
            pynvml.nvmlShutdown()
    except pynvml.NVMLError as error:
        log.debug("the memory of %s is not measured: %s", device, error)
        return None
    return DeviceMemory(int(memory.used), int(memory.total))


def _bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().pss)
    except AttributeError:  # another system than Linux
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
