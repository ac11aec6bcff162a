"""What every torch network of the library shares: loading, precision, seeds, batches, padding, tiles."""

import warnings
from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from line.errors import ModelError
from line.picture import Rgb
from line.settings import settings
from line.source_types import COMPOSITE_GENERATED, ENHANCED, GENERATED
from models.contract import Model
from models.inference.padding import padded
from models.inference.tiling import in_tiles
from models.task import Task
from models.weights import manifest as weights
from models.weights.manifest import Weights

Floats = NDArray[np.float32]
"""[H, W, C] float32, 0..1, red first."""


class Network(Model):
    """A network in torch, from weights that were checked against their hash.

    A subclass says how to :meth:`build` it and how to run it :meth:`forward`; what is here does the rest,
    so that a model's file holds only what is particular to it.

    Attributes:
        weights: what it was made for; name, licence, source and revision come from there.
        needs: packages that must be installed.
        draws: whether it draws random numbers: then each picture is run alone, with its own seed.
        dtype: of its numbers once loaded: ``options.precision`` of the weights, or ``auto``: half
            precision on a GPU where the network is known to bear it, single precision else. Never by
            itself bfloat16: its 8 bits of mantissa make steps of a level in light tones.
    """

    weights: ClassVar[Weights]
    needs: ClassVar[tuple[str, ...]] = ("torch",)
    draws: ClassVar[bool] = False
    tiles = True
    tolerance = 2.0
    dtype: str = "float32"

    @property
    def source_type(self) -> str:
        if self.task is Task.GENERATE:
            return GENERATED
        return COMPOSITE_GENERATED if self.weights.generative else ENHANCED

    @classmethod
    def missing(cls) -> str | None:
        if lacking := [package for package in cls.needs if not find_spec(package)]:
            return f"{', '.join(lacking)} not installed: make install-gpu (or pip install 'sluice[gpu]')"
        return weights.missing(cls.weights)

    def load(self) -> None:
        if lacking := self.missing():
            raise ModelError(f"{self.name} is not ready: {lacking}")
        files = weights.paths(self.weights)
        with quiet():
            try:
                self.build(files)
            except ModelError:
                raise
            except Exception as error:  # whatever a reader makes of a file that is not what it says it is
                first = str(error).splitlines()[0] if str(error) else ""
                raise ModelError(f"{self.name} cannot be read: {type(error).__name__}: {first}") from error

    @abstractmethod
    def build(self, files: list[Path]) -> None:
        """Make the network of these files and bring it to ``self.device`` in ``self.dtype``."""

    @abstractmethod
    def forward(self, batch: Any) -> Any:
        """A tensor [N, C, H, W], 0..1, on the device and of the network's dtype, to its result."""

    def precision(self, *, half: bool, brain: bool) -> str:
        """The dtype to run in.

        Args:
            half, brain: whether the network is known to bear float16 and bfloat16.

        Raises:
            ModelError: the weights ask for one that it does not bear, or that there is not.
        """
        wished = str(self.weights.options.get("precision", "auto"))
        if wished == "auto":
            on_gpu = self.device.startswith("cuda")
            return "float16" if on_gpu and half else "float32"
        bears = {"float32": True, "float16": half, "bfloat16": brain}
        if not bears.get(wished, False):
            able = ", ".join(name for name, can in bears.items() if can)
            raise ModelError(f"{self.name} cannot run in {wished}; there are: auto, {able}")
        return wished

    def run(self, pictures: Sequence[Floats], seeds: Sequence[int]) -> list[Floats]:
        """Each picture [H, W, C] through the network; those of one padded size together.

        Results are [H · s, W · s, D] float32 in 0..1, in the order of the pictures.
        """
        results: dict[int, Floats] = {}
        if self.tile is not None:
            for at, (picture, seed) in enumerate(zip(pictures, seeds, strict=True)):
                side = self.tile
                results[at] = in_tiles(picture, lambda part, seed=seed: self.batch([part], seed)[0], side)  # type: ignore[misc]
        else:
            for group in self._groups(pictures):
                done = self.batch([pictures[at] for at in group], seeds[group[0]])
                results.update(zip(group, done, strict=True))
        return [results[at] for at in range(len(pictures))]

    def _groups(self, pictures: Sequence[Floats]) -> Iterator[list[int]]:
        """Indices of pictures to run together."""
        by_size: dict[tuple[int, ...], list[int]] = {}
        for at, picture in enumerate(pictures):
            key = self.sizes.fitting(picture.shape[1], picture.shape[0])
            by_size.setdefault(key, []).append(at)
        # a CPU gains nothing by it, and alone a picture's bytes do not depend on its neighbours
        alone = self.draws or not self.device.startswith("cuda")
        most = 1 if alone else settings().micro_batch
        for group in by_size.values():
            yield from (group[i : i + most] for i in range(0, len(group), most))

    def batch(self, pictures: Sequence[Floats], seed: int) -> list[Floats]:
        """Pictures of one padded size through the network at once; see :meth:`run`."""
        size = self.sizes.fitting(pictures[0].shape[1], pictures[0].shape[0])
        done = np.clip(self.values(pictures, seed=seed), 0, 1).transpose(0, 2, 3, 1)
        scale = done.shape[1] // size[1]
        return [
            made[: picture.shape[0] * scale, : picture.shape[1] * scale]
            for made, picture in zip(done, pictures, strict=True)
        ]

    def values(self, pictures: Sequence[Floats], *, seed: int) -> NDArray[np.float32]:
        """What :meth:`forward` answers for these pictures, padded: [N, D, H, W] float32.

        Raises:
            ModelError: it holds something that is no number.
        """
        import torch

        size = self.sizes.fitting(pictures[0].shape[1], pictures[0].shape[0])
        stacked = np.stack([padded(picture, size) for picture in pictures]).transpose(0, 3, 1, 2)
        given = torch.from_numpy(np.ascontiguousarray(stacked)).to(self.device, getattr(torch, self.dtype))
        with seeded(seed, self.device), torch.inference_mode():
            found: NDArray[np.float32] = self.forward(given).float().cpu().numpy()
        if not np.isfinite(found).all():
            raise ModelError(
                f"{self.name} overflows in {self.dtype}: add its weights with --precision float32"
            )
        return found


def model_from(weights: Weights, kinds: Mapping[Task, type[Network]]) -> type[Model]:
    """A class of its own for these weights, of the kind that does their task.

    Raises:
        ModelError: there is none among ``kinds``.
    """
    kind = kinds.get(weights.task)
    if kind is None:
        raise ModelError(
            f"{weights.name}: {weights.reader} reads models for {', '.join(kinds)}, none for {weights.task}"
        )
    declared = {
        "name": weights.name,
        "licence": weights.licence,
        "source": weights.source,
        "revision": weights.version,
        "sha256": weights.sha256,
        "memory": weights.held,
        "memory_per_megapixel": weights.memory_per_megapixel,
        "weights": weights,
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
    }
    return type(kind.__name__, (kind,), declared)


def floats(rgb: Rgb) -> Floats:
    """[H, W, 3] uint8 as float32 in 0..1."""
    return rgb.astype(np.float32) / np.float32(255)


def levels(picture: Floats) -> Rgb:
    """[H, W, 3] float32 in 0..1 as uint8, rounded."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def resized(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """[H, W, 3] uint8 at ``size`` (width, height), by Lanczos; itself where it has that size."""
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Meanwhile torch draws from ``seed``; what others draw afterwards is as if nothing had happened."""
    import torch

    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def quiet() -> Iterator[None]:
    """Keep to ourselves what packages say of each other's deprecations while a model loads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
