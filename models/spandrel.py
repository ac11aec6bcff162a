"""Networks that spandrel reads from a weights file (ESRGAN, SPAN, SwinIR, HAT, SCUNet, LaMa, …).

https://github.com/chaiNNer-org/spandrel derives the architecture and its parameters from the file.
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
from models.inference.network import Floats, Network, floats, levels, model_from, resized, state_of
from models.inference.padding import Sizes
from models.weights.manifest import Weights

MAX_PASSES = 3
"""Maximum number of passes through an upscaling network: a 2× network reaches 8×."""

MAX_FILL_SIDE = 1024
"""Maximum longer side of a fill (pixels); larger windows are filled at a reduced size."""


class Spandrel(Network):
    """Base class: loads the file and checks that its network fits the registered task.

    Attributes:
        purposes: spandrel purposes that fit the task.
        masked: whether the network takes a mask.
    """

    needs = ("torch", "spandrel")
    purposes: frozenset[str] = frozenset()
    masked = False

    def build(self, files: list[Path]) -> None:
        import torch
        from spandrel import MaskedImageModelDescriptor, ModelLoader, canonicalize_state_dict

        state = canonicalize_state_dict(state_of(files[0]))
        network: Any = ModelLoader(device="cpu").load_from_state_dict(state)
        title = f"{files[0].name} ({network.architecture.name}, {network.purpose})"
        if network.purpose not in self.purposes or (self.task != Task.UPSCALE and network.scale != 1):
            raise ModelError(f"{title} is not made for {self.task}")
        if isinstance(network, MaskedImageModelDescriptor) != self.masked or network.input_channels not in (
            1,
            3,
        ):
            raise ModelError(f"{title} takes {network.input_channels} channels: only 1 and 3 are supported")
        self.dtype = self.precision(half=network.supports_half, brain=network.supports_bfloat16)
        needed = network.size_requirements
        self.sizes = Sizes(max(1, needed.minimum), needed.multiple_of, needed.square)
        self.scale = network.scale
        self.tiles = network.tiling.name != "INTERNAL"
        self.network = network.to(torch.device(self.device), getattr(torch, self.dtype)).eval()

    def forward(self, batch: Any) -> Any:
        if self.network.input_channels == 3:
            return self.network(batch)
        # a network of one channel gets each channel as a picture of its own
        count, channels, high, wide = batch.shape
        result = self.network(batch.reshape(count * channels, 1, high, wide))
        return result.reshape(count, channels, *result.shape[-2:])

    def warm_up(self) -> None:
        side = max(64, self.sizes.minimum)
        self.run([np.zeros((side, side, 4 if self.masked else 3), np.float32)], [0])


class SpandrelUpscaler(Spandrel, Upscaler):
    """Enlarges by the network's factor as often as needed, then reduces to the requested size by Lanczos.

    Weights of several files are networks of different factors: the smallest that reaches the size is used. The option
    ``back_projection`` is a number of rounds in which what shrinks back to something else than the input is added.

    Attributes:
        networks: networks by factor.
        factor: of the network in use.
    """

    purposes = frozenset({"SR"})
    fails = ("invents fine texture on smooth surfaces", "sharpens the blocks of a strong compression")

    def build(self, files: list[Path]) -> None:
        """Build one network from each file.

        Raises:
            ModelError: two have one factor, or back projection is asked for behind a network that invents: what it
                invents would pass the gates.
        """
        self.networks: dict[int, Any] = {}
        self.rounds = int(self.weights.options.get("back_projection", 0))
        if self.rounds and self.weights.generative:
            raise ModelError(f"{self.name}: back projection is only for networks with generative = false")
        for file in files:
            super().build([file])
            factor = int(self.network.scale)
            if factor in self.networks:
                raise ModelError(f"{self.name}: two of its files enlarge {factor} times")
            self.networks[factor] = self.network

    def chosen(self, factor: float) -> int:
        """Factor of the smallest network that enlarges ``factor`` times, else of the largest."""
        reaching = [scale for scale in self.networks if scale >= factor]
        return min(reaching) if reaching else max(self.networks)

    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        return self.upscale_all([Enlargement(rgb, size, seed)])[0]

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        pictures = [floats(item.rgb) for item in wanted]
        for _ in range(MAX_PASSES):
            small = [index for index, item in enumerate(wanted) if _is_smaller(pictures[index], item.size)]
            if not small:
                break
            factors = {index: self.chosen(_factor(pictures[index], wanted[index].size)) for index in small}
            for factor in sorted(set(factors.values())):
                self.factor, self.network = factor, self.networks[factor]
                group = [index for index in small if factors[index] == factor]
                larger = self.run(
                    [pictures[index] for index in group], [wanted[index].seed for index in group]
                )
                for index, picture in zip(group, larger, strict=True):
                    pictures[index] = picture
        return [
            back_projected(item.rgb, resized(levels(picture), item.size), self.rounds)
            for picture, item in zip(pictures, wanted, strict=True)
        ]


def back_projected(small: Rgb, large: Rgb, rounds: int) -> Rgb:
    """``large`` with what it lacks, reduced by area means, of ``small`` (Irani and Peleg, 1991); both uint8."""
    if not rounds or large.shape[0] < small.shape[0] or large.shape[1] < small.shape[1]:
        return large
    picture = floats(large)
    size, input_size = (large.shape[1], large.shape[0]), (small.shape[1], small.shape[0])
    for _ in range(rounds):
        lacking = floats(small) - cv2.resize(picture, input_size, interpolation=cv2.INTER_AREA)
        picture = picture + cv2.resize(lacking, size, interpolation=cv2.INTER_CUBIC)
    return levels(np.asarray(picture, np.float32))


class SpandrelDenoiser(Spandrel, Denoiser):
    """One pass, same size."""

    purposes = frozenset({"Restoration", "SR"})
    fails = ("removes fine weave as noise",)

    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        return levels(self.run([floats(rgb)], [seed])[0])


class SpandrelRestorer(Spandrel, Restorer):
    """One pass, same size."""

    purposes = frozenset({"Restoration", "SR", "FaceSR"})
    fails = ("smooths grain", "redraws faces and small letters")

    def restore(self, rgb: Rgb, *, seed: int) -> Rgb:
        return levels(self.run([floats(rgb)], [seed])[0])


class SpandrelFiller(Spandrel, Filler):
    """Runs the network on each hole with its surroundings and uses only the hole's pixels of the result."""

    purposes = frozenset({"Inpainting"})
    masked = True
    tolerance = 24.0  # a fill depends on the window
    fails = (
        "loses grain in large holes",
        "continues patterns that end at the hole",
        "smears structures that it cannot continue",
    )

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        return filled_by(rgb, mask, lambda part, hole: levels(self._fill(floats(part), hole, seed)))

    def _fill(self, part: Floats, hole: Any, seed: int) -> Floats:
        high, wide = hole.shape
        scale = min(1.0, (self.tile or MAX_FILL_SIDE) / max(high, wide))
        size = (max(1, round(wide * scale)), max(1, round(high * scale)))
        picture, holes = part, hole.astype(np.float32)
        if scale < 1:
            picture = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), np.float32)
            holes = cv2.resize(holes, size, interpolation=cv2.INTER_AREA)
        stacked = np.dstack([np.where(holes[..., None] > 0, 0, picture), holes > 0]).astype(np.float32)
        result = self.batch([stacked], seed)[0]
        return np.asarray(cv2.resize(result, (wide, high), interpolation=cv2.INTER_CUBIC), np.float32)

    def forward(self, batch: Any) -> Any:
        return self.network(batch[:, :3], batch[:, 3:])


KINDS: dict[Task, type[Spandrel]] = {
    Task.UPSCALE: SpandrelUpscaler,
    Task.DENOISE: SpandrelDenoiser,
    Task.RESTORE: SpandrelRestorer,
    Task.FILL: SpandrelFiller,
}


def model_of(weights: Weights) -> type[Model]:
    """The model class for these weights.

    Raises:
        ModelError: spandrel networks do not support the task.
    """
    return model_from(weights, KINDS)


def _factor(picture: Floats, size: tuple[int, int]) -> float:
    """By how much the picture has to be enlarged to reach ``size`` (width, height)."""
    height, width = picture.shape[:2]
    return float(max(size[0] / width, size[1] / height))


def _is_smaller(picture: Floats, size: tuple[int, int]) -> bool:
    return bool(picture.shape[1] < size[0] or picture.shape[0] < size[1])
