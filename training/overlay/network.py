"""The overlay network: PP-OCRv6's tiny text detector, run node by node in torch, with heads of its own.

The detector's graph is read from its ONNX file up to the fused feature map at a quarter of the scale; every weight
of it is trained on. Two convolutions and a finer step to half the scale give overlay ink, overlay panel, print and
opacity.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)
"""What the detector was trained with, over blue, green, red in 0..1."""
FUSED, HALF = "Concat.3", "p2o.pd_op.relu.0.0"
"""The detector's fused feature map at a quarter of the scale, and its first features at a half."""
FUSED_CHANNELS, HALF_CHANNELS = 64, 16
CHANNELS = ("ink", "panel", "print", "opacity")
"""What the network gives, in this order."""
WIDTH, FINE_WIDTH = 48, 16
DILATIONS = (3, 2)
"""Of the residual convolutions over the fused map, in turn."""
STRIDE = 32
"""The sides of the input are multiples of this."""
PRIOR = -3.0
"""Log-odds that the heads start from: most pixels are of no overlay."""


class Detector(nn.Module):  # type: ignore[misc]
    """The graph of a text detector's ONNX file, with weights that can be trained."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        graph = onnx.load(file).graph
        self._constants = {item.name: numpy_helper.to_array(item) for item in graph.initializer}
        for node in graph.node:
            if node.op_type == "Constant":
                self._constants[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        self._nodes = [_Node(node) for node in _until(graph.node, FUSED)]
        self.weights = nn.ParameterDict()
        for node in self._nodes:
            if node.kind == "Conv":
                for name in node.inputs[1:]:
                    self.weights[_key(name)] = nn.Parameter(
                        torch.from_numpy(self._constants[name].astype(np.float32))
                    )

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """[N, 3, H, W] to the fused map [N, 64, H / 4, W / 4] and the first features [N, 16, H / 2, W / 2]."""
        values: dict[str, Tensor] = {"x": x}
        for node in self._nodes:
            values[node.output] = self._run(node, values)
        return values[FUSED], values[HALF]

    def _run(self, node: "_Node", values: dict[str, Tensor]) -> Tensor:
        first = values[node.inputs[0]] if node.inputs[0] in values else self._scalar(node.inputs[0])
        if node.kind == "Conv":
            return self._convolve(node, first)
        if node.kind in ("Add", "Mul", "Div"):
            name = node.inputs[1]
            second = values[name] if name in values else self._scalar(name)
            return {"Add": torch.add, "Mul": torch.mul, "Div": torch.div}[node.kind](first, second)
        if node.kind == "Gelu":
            return functional.gelu(first)
        if node.kind == "Relu":
            return functional.relu(first)
        if node.kind == "HardSigmoid":
            return torch.clamp(first * node.number("alpha", 0.2) + node.number("beta", 0.5), 0, 1)
        if node.kind in ("GlobalAveragePool", "ReduceMean"):
            return first.mean((2, 3), keepdim=True)
        if node.kind == "MaxPool":
            padded = functional.pad(first, (0, 1, 0, 1)) if node.text("auto_pad") == "SAME_UPPER" else first
            return functional.max_pool2d(padded, 2, 1)
        if node.kind == "Resize":
            factor = float(self._constants[node.inputs[2]][-1])
            return functional.interpolate(first, scale_factor=factor, mode="nearest")
        if node.kind == "Concat":
            return torch.cat([values[name] for name in node.inputs], 1)
        raise ValueError(f"the detector has a node of a kind that is not known here: {node.kind}")

    def _convolve(self, node: "_Node", x: Tensor) -> Tensor:
        weight = self.weights[_key(node.inputs[1])]
        bias = self.weights[_key(node.inputs[2])] if len(node.inputs) > 2 else None
        if node.text("auto_pad") == "SAME_UPPER":
            side = weight.shape[-1] - 1
            x = functional.pad(x, (side // 2, side - side // 2) * 2)
            return functional.conv2d(x, weight, bias)
        pads = node.numbers("pads", [0, 0, 0, 0])
        return functional.conv2d(
            x, weight, bias, node.numbers("strides", [1, 1])[0], pads[0], 1, node.whole("group", 1)
        )

    def _scalar(self, name: str) -> Tensor:
        return torch.tensor(self._constants[name].astype(np.float32))


class _Node:
    """One node of the graph."""

    def __init__(self, node: onnx.NodeProto) -> None:
        self.kind, self.inputs, self.output = node.op_type, list(node.input), node.output[0]
        self._attributes = {item.name: onnx.helper.get_attribute_value(item) for item in node.attribute}

    def number(self, name: str, otherwise: float) -> float:
        return float(self._attributes.get(name, otherwise))

    def whole(self, name: str, otherwise: int) -> int:
        return int(self._attributes.get(name, otherwise))

    def numbers(self, name: str, otherwise: list[int]) -> list[int]:
        return list(self._attributes.get(name, otherwise))

    def text(self, name: str) -> str:
        value = self._attributes.get(name, b"")
        return value.decode() if isinstance(value, bytes) else ""


def _key(name: str) -> str:
    return name.replace(".", "_")


def _until(nodes: Sequence[onnx.NodeProto], last: str) -> list[onnx.NodeProto]:
    """The nodes up to the one that gives ``last``; the five that make up a GELU become one."""
    every = []
    for node in nodes:
        if node.op_type != "Constant":
            every.append(node)
        if node.output and node.output[0] == last:
            break
    result, position = [], 0
    while position < len(every):
        kinds = [node.op_type for node in every[position : position + 5]]
        if kinds == ["Div", "Erf", "Add", "Mul", "Mul"]:
            gelu = onnx.helper.make_node("Gelu", [every[position].input[0]], [every[position + 4].output[0]])
            result.append(gelu)
            position += 5
        else:
            result.append(every[position])
            position += 1
    return result


class OverlayNetwork(nn.Module):  # type: ignore[misc]
    """[N, 3, H, W] float32, blue first, normalized, sides multiples of 32, to log-odds [N, 4, H / 2, W / 2]."""

    def __init__(self, detector: Path) -> None:
        super().__init__()
        self.detector = Detector(detector)
        self.register_buffer("spread", torch.ones(1, FUSED_CHANNELS, 1, 1))
        self.context = nn.Conv2d(FUSED_CHANNELS, WIDTH, 3, padding=1)
        self.around = nn.ModuleList(
            nn.Conv2d(WIDTH, WIDTH, 3, padding=dilation, dilation=dilation) for dilation in DILATIONS
        )
        self.coarse = nn.Conv2d(WIDTH, len(CHANNELS), 1)
        self.quarter = nn.Conv2d(WIDTH, FINE_WIDTH, 1)
        self.fine = nn.Conv2d(FINE_WIDTH + HALF_CHANNELS, FINE_WIDTH, 3, padding=1)
        self.detail = nn.Conv2d(FINE_WIDTH, len(CHANNELS), 1)
        nn.init.constant_(self.coarse.bias, PRIOR)
        nn.init.normal_(self.coarse.weight, std=0.05)
        nn.init.zeros_(self.detail.weight)
        nn.init.zeros_(self.detail.bias)

    def forward(self, x: Tensor) -> Tensor:
        return self.both(x)[0]

    def both(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The log-odds, and what a quarter of the scale says of them alone; both [N, 4, H / 2, W / 2]."""
        fused, half = self.detector(x)
        y = functional.relu(self.context(fused / self.spread))
        for convolution in self.around:
            y = y + functional.relu(convolution(y))
        coarse = doubled(self.coarse(y))
        fine = functional.relu(self.fine(torch.cat([doubled(functional.relu(self.quarter(y))), half], 1)))
        return coarse + self.detail(fine), coarse

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def measure(self, x: Tensor) -> None:
        """Set what each channel of the fused map is divided by: its spread on ``x``."""
        fused, _ = self.detector(x)
        self.spread.copy_(fused.std((0, 2, 3), keepdim=True).clamp(min=1e-3))


def doubled(x: Tensor) -> Tensor:
    """[N, C, h, w] at twice the size."""
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Probabilities(nn.Module):  # type: ignore[misc]
    """What is exported: the network with a sigmoid behind it."""

    def __init__(self, network: OverlayNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return torch.sigmoid(self.network(x))


def normalized(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """[..., H, W, 3] uint8, red first, to [..., 3, H, W] float32, blue first, as the network takes it."""
    levels = rgb[..., ::-1].astype(np.float32) / 255
    levels = (levels - np.array(MEAN, np.float32)) / np.array(STD, np.float32)
    return np.ascontiguousarray(np.moveaxis(levels, -1, -3))
