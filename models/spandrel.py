"""Any network that spandrel reads (ESRGAN, SPAN, SwinIR, HAT, SCUNet, LaMa, …), from a weights file.

https://github.com/chaiNNer-org/spandrel finds the architecture and its parameters from the file itself.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.errors import ModelError
from line.picture import Mask, Rgb
from models.contract import Denoiser, Enlargement, Filler, Model, Restorer, Task, Upscaler
from models.inference.crop import filled_by
from models.inference.network import Floats, Network, floats, levels, model_from, resized
from models.inference.padding import Sizes
from models.weights.manifest import Weights

PASSES = 3
"""Times a picture may go through an enlarging network: one of 2 reaches 8."""

LONGEST = 1024
"""Longer side of what is filled at once; the structure of more is filled at a smaller size."""


class Spandrel(Network):
    """Reads the file and checks that it holds what it was registered for."""

    needs = ("torch", "spandrel")
    purposes: frozenset[str] = frozenset()
    masked = False

    def build(self, files: list[Path]) -> None:
        import torch
        from spandrel import MaskedImageModelDescriptor, ModelLoader, canonicalize_state_dict

        state = canonicalize_state_dict(_state(files[0]))
        network: Any = ModelLoader(device="cpu").load_from_state_dict(state)
        named = f"{files[0].name} ({network.architecture.name}, {network.purpose})"
        if network.purpose not in self.purposes or (self.task != Task.UPSCALE and network.scale != 1):
            raise ModelError(f"{named} is not made for {self.task}")
        if isinstance(network, MaskedImageModelDescriptor) != self.masked or network.input_channels not in (
            1,
            3,
        ):
            raise ModelError(f"{named} takes {network.input_channels} channels: only 1 and 3 can be given")
        self.dtype = self.precision(half=network.supports_half, brain=network.supports_bfloat16)
        needed = network.size_requirements
        self.sizes = Sizes(max(1, needed.minimum), needed.multiple_of, needed.square)
        self.scale = network.scale
        self.tiles = network.tiling.name != "INTERNAL"
        self.network = network.to(torch.device(self.device), getattr(torch, self.dtype)).eval()

    def forward(self, batch: Any) -> Any:
        if self.network.input_channels == 3:
            return self.network(batch)
        count, channels, high, wide = batch.shape  # a network of one channel takes them as so many pictures
        result = self.network(batch.reshape(count * channels, 1, high, wide))
        return result.reshape(count, channels, *result.shape[-2:])

    def warm_up(self) -> None:
        side = max(64, self.sizes.minimum)
        self.run([np.zeros((side, side, 4 if self.masked else 3), np.float32)], [0])


class SpandrelUpscaler(Spandrel, Upscaler):
    """Enlarges by the network's own factor, as often as needed, then down to the size by Lanczos."""

    purposes = frozenset({"SR"})
    fails = ("invents fine texture where the photo shows none", "sharpens the blocks of a strong compression")

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return self.upscale_all([Enlargement(rgb, size, seed)])[0]

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        pictures = [floats(item.rgb) for item in wanted]
        for _ in range(PASSES):
            short = [at for at, item in enumerate(wanted) if _is_short(pictures[at], item.size)]
            larger = (
                self.run([pictures[at] for at in short], [wanted[at].seed for at in short]) if short else []
            )
            for at, picture in zip(short, larger, strict=True):
                pictures[at] = picture
        return [resized(levels(picture), item.size) for picture, item in zip(pictures, wanted, strict=True)]


class SpandrelDenoiser(Spandrel, Denoiser):
    """One pass, same size."""

    purposes = frozenset({"Restoration", "SR"})
    fails = ("takes fine weave for noise",)

    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        return levels(self.run([floats(rgb)], [seed])[0])


class SpandrelRestorer(Spandrel, Restorer):
    """One pass, same size."""

    purposes = frozenset({"Restoration", "SR", "FaceSR"})
    fails = ("smooths grain", "redraws faces and small letters")

    def restore(self, rgb: Rgb, *, seed: int) -> Rgb:
        return levels(self.run([floats(rgb)], [seed])[0])


class SpandrelFiller(Spandrel, Filler):
    """Shows the network each hole with its surroundings and takes nothing but the hole from it."""

    purposes = frozenset({"Inpainting"})
    masked = True
    tolerance = 24.0  # another window is another question: a fill is invented, not computed
    fails = (
        "loses grain in large holes",
        "draws on patterns that end at the hole",
        "smears what it cannot continue",
    )

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        return filled_by(rgb, mask, lambda part, hole: levels(self._fill(floats(part), hole, seed)))

    def _fill(self, part: Floats, hole: Any, seed: int) -> Floats:
        high, wide = hole.shape
        share = min(1.0, (self.tile or LONGEST) / max(high, wide))
        size = (max(1, round(wide * share)), max(1, round(high * share)))
        seen, holes = part, hole.astype(np.float32)
        if share < 1:
            seen = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)
            holes = cv2.resize(holes, size, interpolation=cv2.INTER_AREA)
        given = np.dstack([np.where(holes[..., None] > 0, 0, seen), holes > 0]).astype(np.float32)
        done = self.batch([given], seed)[0]
        return np.asarray(cv2.resize(done, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)

    def forward(self, batch: Any) -> Any:
        return self.network(batch[:, :3], batch[:, 3:])


KINDS: dict[Task, type[Spandrel]] = {
    Task.UPSCALE: SpandrelUpscaler,
    Task.DENOISE: SpandrelDenoiser,
    Task.RESTORE: SpandrelRestorer,
    Task.FILL: SpandrelFiller,
}


def model_of(weights: Weights) -> type[Model]:
    """The model that these weights make.

    Raises:
        ModelError: for a task that no such network does.
    """
    return model_from(weights, KINDS)


def _state(path: Path) -> dict[str, Any]:
    """A state dict by name; nothing in the file is executed."""
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    import torch

    found = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(found, dict):
        raise ModelError(f"{path.name} holds a {type(found).__name__} and no table of weights")
    return found


def _is_short(picture: Floats, size: tuple[int, int]) -> bool:
    return bool(picture.shape[1] < size[0] or picture.shape[0] < size[1])
