"""What a step is run with, for its record: whoever runs it again under the same must get the same bytes."""

import os
import platform
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from models.contract import Model

ALWAYS = {
    "numpy": "numpy",
    "scipy": "scipy",
    "cv2": "opencv-python-headless",
    "PIL": "pillow",
    "pillow_heif": "pillow-heif",
    "onnxruntime": "onnxruntime",
}
"""Modules on which pixels may depend, and the packages that bring them."""

OF_NETWORKS = ("torch", "torchvision", "diffusers", "transformers", "spandrel", "lpips")
"""Those that only a model which needs them depends on; each is a package of the same name."""


def made_with(model: Model | None, options: Mapping[str, Any]) -> dict[str, Any]:
    """What is recorded of a step beside its model's name, revision, seed and device.

    ``hardware``, ``threads`` and ``libraries`` (versions: the same for the same step, whatever else this
    process has loaded by then), and where there are such, the model's ``options`` (words of prompts in
    full) and ``weights`` (SHA-256).
    """
    needed = getattr(model, "needs", ())
    packages = ALWAYS | {name: name for name in OF_NETWORKS if name in needed}
    used = {
        module: installed_version
        for module, package in packages.items()
        if (installed_version := installed(package))
    }
    record: dict[str, Any] = {"hardware": hardware(), "threads": threads(), "libraries": used}
    if options:
        record["options"] = dict(options)
    if model is not None and model.sha256:
        record["weights"] = model.sha256
    return record


@cache
def installed(package: str) -> str:
    """The version of a package, without importing it; "" where it is not here."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def hardware() -> str:
    """The GPU where this process has one, else the processor."""
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available():
        return str(torch.cuda.get_device_name(0))
    return _processor()


@cache
def _processor() -> str:
    """As its maker calls it; its architecture where the system does not say."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return named or platform.machine()


def threads() -> int:
    """Threads that a computation of this process may use: sums in another order round otherwise."""
    torch = sys.modules.get("torch")
    if torch:
        return int(torch.get_num_threads())
    setting = os.environ.get("OMP_NUM_THREADS", "")
    return int(setting) if setting.isdecimal() else os.cpu_count() or 1
