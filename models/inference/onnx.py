"""Networks in ONNX, run by onnxruntime in one thread."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

GRAPH, OUTPUT, NAME = 7, 12, 1
"""Numbers of the fields ``ModelProto.graph``, ``GraphProto.output`` and ``ValueInfoProto.name`` (onnx.proto)."""


def session(network: Path, device: str = "cpu", also: Iterable[str] = ()) -> Any:
    """An ``onnxruntime.InferenceSession`` of ``network`` on ``device``.

    ``also`` names values within the network that are to be had as outputs too.

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
    return onnxruntime.InferenceSession(network.read_bytes() + _outputs(also), options, providers=providers)


def _outputs(names: Iterable[str]) -> bytes:
    """What, behind a network's bytes, adds outputs to it: in Protocol Buffers a repeated message is merged."""
    return b"".join(_field(GRAPH, _field(OUTPUT, _field(NAME, name.encode()))) for name in names)


def _field(number: int, content: bytes) -> bytes:
    """One length-delimited field."""
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low | 0x80]) + _varint(high) if high else bytes([low])
