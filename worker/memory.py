"""The memory that a worker takes, for its heartbeat: of its processes, and of its GPU."""

import logging
from dataclasses import dataclass

import psutil

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceMemory:
    """Bytes in use on a GPU by all processes, and bytes that it has."""

    used: int
    total: int


def process_memory() -> int | None:
    """Bytes of this process and its children, shared pages divided among them; None where it is not measured."""
    try:
        process = psutil.Process()
        return sum(_bytes(each) for each in (process, *process.children(recursive=True)))
    except (psutil.Error, OSError):
        return None


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
