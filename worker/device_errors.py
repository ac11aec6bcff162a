"""What went wrong with a device, told from the errors of the frameworks, none of which is imported for it."""

import gc
import sys
import traceback

from line.errors import SluiceError

_NO_MEMORY = (
    "CUDA error: out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "Failed to allocate memory",  # onnxruntime
    "Insufficient memory",  # OpenCV
    "DefaultCPUAllocator: can't allocate memory",
)

_LOST = ("CUDA error:", "CUDNN_STATUS_EXECUTION_FAILED", "CUBLAS_STATUS_EXECUTION_FAILED", "CUDA failure")


class DeviceLostError(SluiceError):
    """Raised when this process can no longer use its device: only a new process can."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether it is for want of memory, of the machine or of the device."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    return any(sign in str(error) for sign in _NO_MEMORY)


def is_device_lost(error: BaseException) -> bool:
    """Whether the process has lost its context on the device: after that, every call to it fails.

    torch raises ``AcceleratorError``, or in some places a plain ``RuntimeError``, with CUDA's own words: an
    illegal address, a failed launch, a device that fell off the bus.
    """
    if is_out_of_memory(error):
        return False
    if type(error).__name__ == "AcceleratorError":
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _LOST)


def clear_tracebacks(error: BaseException | None) -> None:
    """Drop the local variables that an error's tracebacks hold: the tensors of the call that ran out of memory."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def empty_caches() -> None:
    """Give back what nothing holds any more."""
    gc.collect()
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available():
        torch.cuda.empty_cache()
