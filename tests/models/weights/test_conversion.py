"""Weights that packages ship in formats of their own, converted."""

import hashlib
import os
import pickle
import struct
from typing import Any

import numpy as np
import pytest

from models.weights.conversion import arrays_of, backbone_from_flax, span_from_ncnn
from tests.models import networks


def span_in_ncnn(channels: int = 4) -> tuple[bytes, bytes, dict[str, np.ndarray]]:
    """A SPAN of random kernels as ncnn stores it, and its kernels by name."""
    rng = np.random.default_rng(11)
    shapes = {"conv_1/eval_conv": (channels, 3, 3, 3)}
    for block in range(1, 7):
        shapes |= {f"block_{block}/c{part}_r/eval_conv": (channels, channels, 3, 3) for part in (1, 2, 3)}
    shapes |= {"conv_2/eval_conv": (channels, channels, 3, 3), "conv_cat": (channels, 4 * channels, 1, 1)}
    shapes["upsampler/upsampler.0"] = (12, channels, 3, 3)
    lines, data, kernels = [], b"", {}
    for name, shape in shapes.items():
        kernel = rng.normal(0, 0.1, shape).astype(np.float16)
        bias = rng.normal(0, 0.1, shape[0]).astype(np.float32)
        kernels[name] = kernel
        lines.append(f"Convolution /{name}/Conv 1 1 a b 0={shape[0]} 1={shape[2]} 5=1 6={kernel.size}")
        raw = kernel.tobytes()
        data += struct.pack("<I", 0x01306B47) + raw + bytes(-len(raw) % 4) + bias.tobytes()
    return "\n".join(["7767517", f"{len(lines)} 1", *lines]).encode(), data, kernels


def test_the_parts_of_a_fused_convolution_multiply_out_to_it() -> None:
    networks.need_torch()
    from safetensors.numpy import load

    graph, data, kernels = span_in_ncnn()
    tensors = load(span_from_ncnn([graph, data]))
    for prefix in ("conv_1", "block_3.c2_r", "conv_2"):
        first, middle, last = (tensors[f"{prefix}.conv.{part}.weight"] for part in (0, 1, 2))
        product = np.einsum("oa,abyx,bi->oiyx", last[..., 0, 0], middle, first[..., 0, 0])
        assert np.array_equal(product, kernels[f"{prefix.replace('.', '/')}/eval_conv"])


def test_spandrel_runs_the_converted_network_with_the_fused_kernels() -> None:
    networks.need_torch()
    import torch
    from safetensors.torch import load
    from spandrel import ModelLoader

    graph, data, kernels = span_in_ncnn()
    network: Any = ModelLoader(device="cpu").load_from_state_dict(load(span_from_ncnn([graph, data])))
    assert (network.architecture.name, network.scale) == ("SPAN", 2)
    with torch.inference_mode():
        network(torch.zeros(1, 3, 16, 16))
    fused = network.model.block_3.c2_r.eval_conv.weight.detach().numpy()
    assert np.array_equal(fused, kernels["block_3/c2_r/eval_conv"].astype(np.float32))


def test_the_same_weights_give_the_same_bytes() -> None:
    networks.need_torch()
    graph, data, _ = span_in_ncnn()
    digests = {hashlib.sha256(span_from_ncnn([graph, data])).hexdigest() for _ in range(5)}
    assert len(digests) == 1


def test_another_network_of_ncnn_is_refused() -> None:
    graph = b"7767517\n1 1\nConvolution /only/Conv 1 1 a b 0=1 1=1 5=0 6=1\n"
    with pytest.raises(ValueError, match="not SPAN"):
        span_from_ncnn([graph, struct.pack("<If", 0, 1.0)])


def alexnet() -> dict[str, Any]:
    shapes = [(11, 11, 3, 64), (5, 5, 64, 192), (3, 3, 192, 384), (3, 3, 384, 256), (3, 3, 256, 256)]
    rng = np.random.default_rng(2)
    return {
        "AlexNet_0": {
            f"Conv_{index}": {
                "kernel": rng.normal(size=shape).astype(np.float32),
                "bias": rng.normal(size=shape[3]).astype(np.float32),
            }
            for index, shape in enumerate(shapes)
        }
    }


def test_a_backbone_of_flax_gets_torchvisions_names_and_axes() -> None:
    networks.need_torch()
    from safetensors.numpy import load

    parameters = alexnet()
    tensors = load(backbone_from_flax([pickle.dumps(parameters)]))
    kernel = parameters["AlexNet_0"]["Conv_1"]["kernel"]
    assert tensors["features.3.weight"].shape == (192, 64, 5, 5)
    assert tensors["features.3.weight"][7, 5, 1, 2] == kernel[1, 2, 5, 7]
    assert {name for name in tensors if name.endswith("bias")} == {
        f"features.{number}.bias" for number in (0, 3, 6, 8, 10)
    }


def test_a_backbone_with_other_layers_is_refused() -> None:
    parameters = alexnet()
    del parameters["AlexNet_0"]["Conv_4"]
    with pytest.raises(ValueError, match="other layers"):
        backbone_from_flax([pickle.dumps(parameters)])


class Command:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("echo run",)


@pytest.mark.parametrize("content", [Command(), {"a": [Command()]}, os.getcwd])
def test_a_pickle_that_asks_for_more_than_arrays_runs_nothing(
    content: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match="only numpy's arrays are allowed"):
        arrays_of(pickle.dumps(content))
    assert capfd.readouterr().out == ""


def test_arrays_of_a_pickle_are_read_in_their_containers() -> None:
    content = {"a": [np.arange(3), {"b": np.float32(2) * np.ones((2, 2), np.float32)}]}
    assert np.array_equal(arrays_of(pickle.dumps(content))["a"][1]["b"], np.full((2, 2), 2, np.float32))
