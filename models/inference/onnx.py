"""ONNX networks, run by onnxruntime in one thread."""

import os
from pathlib import Path
from typing import Any


def session(network: Path, device: str = "cpu") -> Any:
    """An ``onnxruntime.InferenceSession`` of one thread.

    Several worker processes share the cores, and results do not depend on the number of cores.

    Args:
        network: path of the ONNX file.
        device: ``cpu`` or ``cuda:N``.
    """
    # disables the telemetry that starts with the first import
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    if device.startswith("cuda"):
        providers.insert(0, "CUDAExecutionProvider")
    return onnxruntime.InferenceSession(network.read_bytes(), options, providers=providers)
