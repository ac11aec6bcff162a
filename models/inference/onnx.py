"""ONNX networks, run by onnxruntime in one thread."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GRAPH, OUTPUT, NAME = 7, 12, 1
"""Field numbers of ``ModelProto.graph``, ``GraphProto.output`` and ``ValueInfoProto.name`` in onnx.proto."""


def session(network: Path, device: str = "cpu", also: Iterable[str] = ()) -> Any:
    """An ``onnxruntime.InferenceSession`` of one thread.

    Several worker processes share the cores, and results do not depend on the number of cores.

    Args:
        network: path of the ONNX file.
        device: ``cpu`` or ``cuda:N``.
        also: names of inner values to add to the outputs.
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
    return onnxruntime.InferenceSession(network.read_bytes() + _outputs(also), options, providers=providers)


def _outputs(names: Iterable[str]) -> bytes:
    """Bytes that add outputs if appended to a model file: Protocol Buffers merge a repeated message."""
    return b"".join(_field(GRAPH, _field(OUTPUT, _field(NAME, name.encode()))) for name in names)


def _field(number: int, content: bytes) -> bytes:
    """One length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
