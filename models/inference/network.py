"""Base class of all torch networks: loading, precision, seeds, batches, padding, tiles."""

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
from line.source_types import COMPOSITE_GENERATED, ENHANCED, GENERATED
from models.contract import Model
from models.inference.padding import padded
from models.inference.tiling import in_tiles
from models.task import Task
from models.weights import manifest as weights
from models.weights.manifest import Weights

Floats = NDArray[np.float32]
"""[H, W, C] float32, 0..1, RGB."""


class Network(Model):
    """A torch network with weights that are checked against their hash.

    A subclass implements :meth:`build` and :meth:`forward`.

    Attributes:
        weights: the registered weights, with name, licence, source and revision.
        needs: packages that must be installed.
        remedy: command that installs them.
        draws: whether the network draws random numbers; then each picture runs alone with its own seed.
        dtype: dtype after loading, from ``options.precision`` of the weights. ``auto`` means float16 on a GPU if the
            network supports it, else float32. It never means bfloat16, whose 8 bits of mantissa cause steps of one
            level in light tones.
    """

    weights: ClassVar[Weights]
    needs: ClassVar[tuple[str, ...]] = ("torch",)
    remedy: ClassVar[str] = "make install-gpu (or pip install 'sluice[gpu]')"
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
        if absent := cls.absent_packages():
            return f"{absent} not installed: {cls.remedy}"
        return weights.missing(cls.weights)

    @classmethod
    def absent_packages(cls) -> str:
        """Names of the packages that the network needs and that are not installed; "" if there are none."""
        return ", ".join(package for package in cls.needs if not find_spec(package))

    def load(self) -> None:
        if instruction := self.missing():
            raise ModelError(f"{self.name} is not ready: {instruction}")
        files = weights.paths(self.weights)
        with suppressed_warnings():
            try:
                self.build(files)
            except ModelError:
                raise
            except Exception as error:  # readers raise anything for a corrupt file
                first = str(error).splitlines()[0] if str(error) else "no supported network has these weights"
                raise ModelError(f"{self.name} cannot be read: {type(error).__name__}: {first}") from error

    @abstractmethod
    def build(self, files: list[Path]) -> None:
        """Build the network from these files on ``self.device`` in ``self.dtype``."""

    @abstractmethod
    def forward(self, batch: Any) -> Any:
        """Result for a tensor [N, C, H, W], 0..1, of the network's device and dtype."""

    def precision(self, *, half: bool, brain: bool) -> str:
        """The dtype to run in.

        Args:
            half, brain: whether the network supports float16 and bfloat16.

        Raises:
            ModelError: the weights request a dtype that the network does not support.
        """
        precision = str(self.weights.options.get("precision", "auto"))
        if precision == "auto":
            on_gpu = self.device.startswith("cuda")
            return "float16" if on_gpu and half else "float32"
        supported = {"float32": True, "float16": half, "bfloat16": brain}
        if not supported.get(precision, False):
            available = ", ".join(name for name, usable in supported.items() if usable)
            raise ModelError(f"{self.name} cannot run in {precision}; there are: auto, {available}")
        return precision

    def run(self, pictures: Sequence[Floats], seeds: Sequence[int]) -> list[Floats]:
        """Run pictures [H, W, C] through the network; pictures of one padded size run together.

        Returns:
            [H · s, W · s, D] float32, 0..1, in the order of the pictures.
        """
        results: dict[int, Floats] = {}
        if self.tile is not None:
            for index, (picture, seed) in enumerate(zip(pictures, seeds, strict=True)):
                side = self.tile
                results[index] = in_tiles(picture, lambda part, seed=seed: self.batch([part], seed)[0], side)  # type: ignore[misc]
        else:
            for group in self._groups(pictures):
                outputs = self.batch([pictures[index] for index in group], seeds[group[0]])
                results.update(zip(group, outputs, strict=True))
        return [results[index] for index in range(len(pictures))]

    def _groups(self, pictures: Sequence[Floats]) -> Iterator[list[int]]:
        """Indices of pictures to run together."""
        by_size: dict[tuple[int, ...], list[int]] = {}
        for index, picture in enumerate(pictures):
            key = self.sizes.fitting(picture.shape[1], picture.shape[0])
            by_size.setdefault(key, []).append(index)
        # On a CPU batches are not faster, and single pictures keep results independent of their neighbours.
        alone = self.draws or not self.device.startswith("cuda")
        max_batch = 1 if alone else self.micro_batch
        for group in by_size.values():
            yield from (group[i : i + max_batch] for i in range(0, len(group), max_batch))

    def batch(self, pictures: Sequence[Floats], seed: int) -> list[Floats]:
        """Run pictures of one padded size through the network at once; see :meth:`run`."""
        size = self.sizes.fitting(pictures[0].shape[1], pictures[0].shape[0])
        outputs = np.clip(self.values(pictures, seed=seed), 0, 1).transpose(0, 2, 3, 1)
        scale = outputs.shape[1] // size[1]
        return [
            output[: picture.shape[0] * scale, : picture.shape[1] * scale]
            for output, picture in zip(outputs, pictures, strict=True)
        ]

    def values(self, pictures: Sequence[Floats], *, seed: int) -> NDArray[np.float32]:
        """[N, D, H, W] float32 output of :meth:`forward` for these pictures, with padding.

        Raises:
            ModelError: the output contains NaN or infinity.
        """
        import torch

        size = self.sizes.fitting(pictures[0].shape[1], pictures[0].shape[0])
        stacked = np.stack([padded(picture, size) for picture in pictures]).transpose(0, 3, 1, 2)
        batch = torch.from_numpy(np.ascontiguousarray(stacked)).to(self.device, getattr(torch, self.dtype))
        with seeded(seed, self.device), torch.inference_mode():
            output: NDArray[np.float32] = self.forward(batch).float().cpu().numpy()
        if not np.isfinite(output).all():
            raise ModelError(
                f"{self.name} overflows in {self.dtype}: add its weights with --precision float32"
            )
        return output


def model_from(weights: Weights, kinds: Mapping[Task, type[Network]]) -> type[Model]:
    """A new model class for these weights, derived from the class of their task.

    Args:
        weights: registered weights.
        kinds: base classes by task.

    Raises:
        ModelError: ``kinds`` lacks the task.
    """
    kind = kinds.get(weights.task)
    if kind is None:
        raise ModelError(
            f"{weights.name}: {weights.reader} reads models for {', '.join(kinds)}, not for {weights.task}"
        )
    declared = {
        "name": weights.name,
        "licence": weights.licence,
        "source": weights.source,
        "revision": weights.version,
        "sha256": weights.sha256,
        "memory": weights.loaded_memory,
        "memory_per_megapixel": weights.memory_per_megapixel,
        "weights": weights,
        "__module__": kind.__module__,
        "__doc__": kind.__doc__,
    }
    return type(kind.__name__, (kind,), declared)


def state_of(path: Path) -> dict[str, Any]:
    """The state dict of a file; loading never executes code from the file.

    Raises:
        ModelError: the file holds something else.
    """
    if path.suffix == ".safetensors":
        from safetensors.torch import load_file

        return dict(load_file(path))
    import torch

    state = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(state, dict):
        raise ModelError(f"{path.name} holds a {type(state).__name__} instead of a table of weights")
    return state


def floats(rgb: Rgb) -> Floats:
    """[H, W, 3] uint8 as float32, 0..1."""
    return rgb.astype(np.float32) / np.float32(255)


def levels(picture: Floats) -> Rgb:
    """[H, W, 3] float32, 0..1, as rounded uint8."""
    return np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8)


def resized(rgb: Rgb, size: tuple[int, int]) -> Rgb:
    """[H, W, 3] uint8 resampled to ``size`` (width, height) by Lanczos; ``rgb`` itself if it has that size."""
    if (rgb.shape[1], rgb.shape[0]) == size:
        return rgb
    return np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.LANCZOS))


@contextmanager
def seeded(seed: int, device: str) -> Iterator[None]:
    """Seed torch inside the context and restore the state of its random generators afterwards."""
    import torch

    with torch.random.fork_rng(devices=[device] if device.startswith("cuda") else []):
        torch.manual_seed(seed)
        yield


@contextmanager
def suppressed_warnings() -> Iterator[None]:
    """Suppress third-party deprecation warnings while a model loads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
