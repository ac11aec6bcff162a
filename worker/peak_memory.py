"""The memory that a piece of work takes at its peak."""

import ctypes
import gc
import sys
from pathlib import Path

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
