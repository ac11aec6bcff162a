"""Pinning a process to its device, before any framework is imported."""

import os
import sys

from line.errors import SettingsError

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def pin(device: str) -> None:
    """Let this process see ``device`` only: ``cpu``, or ``cuda:N`` with N as the driver counts.

    One thread for each process: a machine's cores are shared out as processes, and results are
    bit-identical only at the same thread count.

    Raises:
        SettingsError: the device has an unknown form, or torch was imported before.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    for variable in THREADS:
        os.environ.setdefault(variable, "1")
    kind, _, number = device.partition(":")
    if kind == "cpu" and not number:
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
        return
    if kind != "cuda" or not number.isdecimal():
        raise SettingsError(f"SLUICE_DEVICE: {device!r} is no device; use cpu or cuda:0, cuda:1, …")
    if "torch" in sys.modules:
        raise SettingsError("SLUICE_DEVICE: torch was imported before the process was pinned")
    os.environ["CUDA_VISIBLE_DEVICES"] = number


def check_pinned(device: str) -> None:
    """In the child that runs tasks: make sure exactly the pinned device is seen.

    Raises:
        SettingsError: no device or more than one is visible to torch.
    """
    if device == "cpu":
        return
    import torch  # the child of a GPU worker only

    if (count := torch.cuda.device_count()) != 1:
        raise SettingsError(f"SLUICE_DEVICE={device}: torch sees {count} devices instead of one")


def local(device: str) -> str:
    """The device's name inside the pinned process: the only visible one is number 0."""
    return "cpu" if device == "cpu" else "cuda:0"
