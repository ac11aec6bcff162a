"""Networks in ONNX, run by onnxruntime in one thread."""

import os
from pathlib import Path
from typing import Any


def session(network: Path, device: str = "cpu") -> Any:
    """An ``onnxruntime.InferenceSession`` of ``network`` on ``device``.

    One thread within an operator: several worker processes share the cores, and the same bytes give the
    same figures however many cores a machine has.
    """
    # onnxruntime reports its use to its maker from the first import on, unless told before
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    providers = ["CPUExecutionProvider"]
    if device.startswith("cuda"):
        providers.insert(0, "CUDAExecutionProvider")
    return onnxruntime.InferenceSession(str(network), options, providers=providers)
