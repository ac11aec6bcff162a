"""Real networks, tiny and with random weights, saved as people publish them and registered like any other."""

import hashlib
from pathlib import Path
from typing import Any

import pytest

from models.weights import manifest
from models.weights.manifest import File, Weights
from tests.harness.context import weights_folder

SEED = 20_260_101


def spandrel_state(kind: str) -> dict[str, Any]:
    """The weights of one of spandrel's own classes, drawn from a seed."""
    import torch
    from spandrel.architectures import ESRGAN, SPAN, Compact, LaMa

    torch.manual_seed(SEED)
    with torch.random.fork_rng():
        network = {
            "span": lambda: SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=2),
            "compact": lambda: Compact.Compact(num_in_ch=3, num_out_ch=3, num_feat=8, num_conv=2, upscale=2),
            "restoring": lambda: Compact.Compact(
                num_in_ch=3, num_out_ch=3, num_feat=8, num_conv=2, upscale=1
            ),
            "grey": lambda: Compact.Compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=2, upscale=2),
            "esrgan": lambda: ESRGAN.ESRGAN(num_filters=8, num_blocks=1, scale=2),
            "lama": lambda: LaMa.LaMa(in_nc=4, out_nc=3),
        }[kind]()
    return dict(network.eval().state_dict())


def span_state(scale: int) -> dict[str, Any]:
    """A small SPAN of that factor, drawn from a seed."""
    import torch
    from spandrel.architectures import SPAN

    torch.manual_seed(SEED)
    with torch.random.fork_rng():
        network = SPAN.SPAN(num_in_ch=3, num_out_ch=3, feature_channels=8, upscale=scale)
    return dict(network.eval().state_dict())


def backbone_state(net: str) -> dict[str, Any]:
    """The features of one of torchvision's networks; what classifies is left out, as nobody reads it."""
    import torch
    import torchvision

    torch.manual_seed(SEED)
    architecture = {"alex": "alexnet", "squeeze": "squeezenet1_1", "vgg": "vgg16"}[net]
    network = getattr(torchvision.models, architecture)(weights=None)
    return {f"features.{key}": value for key, value in network.features.state_dict().items()}


def save(path: Path, state: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file({key: value.contiguous() for key, value in state.items()}, path)
    else:
        import torch

        torch.save({"params": state} if "features.0.weight" not in state else state, path)
    return path


def put(path: Path, name: str, task: str, reader: str = "spandrel", **options: Any) -> Weights:
    """Register a file that lies in the weights folder of the test already, or is put there."""
    target = weights_folder() / name / path.name
    if target != path:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    registered = Weights(
        name=name,
        task=task,
        reader=reader,
        licence="MIT",
        source="drawn for a test",
        revision="1",
        files=(File(path=target.name, sha256=digest, bytes=target.stat().st_size),),
        options=options,
        root=weights_folder(),
    )
    manifest.register(registered)
    return registered


def put_all(paths: list[Path], name: str, task: str, *, generative: bool, **options: Any) -> Weights:
    """Register files that lie in the weights folder of the test as one model."""
    files = tuple(
        File(path=path.name, sha256=manifest.sha256_of(path), bytes=path.stat().st_size) for path in paths
    )
    registered = Weights(
        name=name,
        task=task,
        reader="spandrel",
        licence="MIT",
        source="drawn for a test",
        revision="1",
        files=files,
        generative=generative,
        options=options,
        root=weights_folder(),
    )
    manifest.register(registered)
    return registered


def need_torch() -> None:
    """Skip where the extra gpu is not installed; in CI it has to be. One thread, as a worker has it."""
    import importlib.util
    import os

    if importlib.util.find_spec("torch") is None:
        if os.environ.get("CI"):
            pytest.fail("the extra gpu is not installed: make test installs it")
        pytest.skip("the extra gpu is not installed: make install-gpu")
    import torch

    torch.set_num_threads(1)
