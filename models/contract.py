"""The contract of a model: what each declares, and what each kind of it is asked to do.

A model file imports its framework (torch, onnxruntime, …) inside ``load``, never at the top:
the registry is read by light processes that have no torch.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from line.discover import load_all
from line.errors import ModelError
from line.picture import Mask, Rgb
from line.source_types import ENHANCED
from models.inference.padding import Sizes
from models.inference.sampling import Sampling
from models.task import Task
from models.weights import manifest


@dataclass(frozen=True, slots=True)
class Region:
    """One found piece of text.

    Attributes:
        quad: [4, 2] float32, x and y of the corners, clockwise from top left, in pixels.
        score: the detector's confidence, 0..1.
    """

    quad: NDArray[np.float32]
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class OverlayMaps:
    """What a segmenter sees of every place of a photo.

    Attributes:
        ink: [h, w] float32, probability 0..1 that letters, signs or pictures were laid over the place.
        panel: [h, w] float32, the same of banners, badges and frames.
        imprint: [h, w] float32, probability 0..1 that something is printed on what the photo shows.
        opacity: [h, w] float32, opacity 0..1 of what was laid over; meaningless elsewhere.
        scale: pixels of the maps per pixel of the photo, along a side.
    """

    ink: NDArray[np.float32]
    panel: NDArray[np.float32]
    imprint: NDArray[np.float32]
    opacity: NDArray[np.float32]
    scale: float


@dataclass(frozen=True, slots=True)
class Field:
    """One input or output: ``[H, W, 3] uint8 0..255, sRGB, red first``."""

    shape: str
    dtype: str
    range: tuple[float, float]
    meaning: str

    def __str__(self) -> str:
        return f"{self.shape} {self.dtype} {self.range[0]:g}..{self.range[1]:g}, {self.meaning}"


RGB = Field("[H, W, 3]", "uint8", (0, 255), "sRGB, red first")
MASK = Field("[H, W]", "uint8", (0, 255), "above 0: to be filled")
ENLARGED = Field("[height, width, 3]", "uint8", (0, 255), "sRGB, red first, of the size asked for")
REGIONS = Field("[N] of [4, 2]", "float32", (0, float("inf")), "corners in pixels, each with a score 0..1")
DISTANCE = Field("[]", "float", (0, float("inf")), "0 for equal pictures, greater where they look different")


class Model(ABC):
    """One trusted model. A subclass is one file in this package.

    Attributes:
        name: what a recipe calls it; unique.
        task: what it does.
        licence: SPDX name of code and weights.
        source: where it comes from (paper, package or repository).
        revision: changes whenever its output may; goes into every record. Where there are weights, it
            ends in the first digits of their hash.
        sha256: of the weights (of the list of them, where there are several files); "" without weights.
        inputs, outputs: shape, dtype, range and colour order at the boundary.
        scale: pixels of the result per pixel of the input, along a side; None: whatever is asked for.
        sizes: what sides the network itself takes; the base pads to them, so that callers need not care.
        deterministic: same bytes in, same bytes out, on one device kind, thread count and micro-batch.
        tolerance: levels of 255 by which results may differ with another micro-batch or in tiles.
        memory: MB held once it is loaded.
        memory_per_megapixel: MB of working memory per megapixel of input, for planning.
        tiles: whether it can work through a picture tile by tile where memory does not suffice.
        fails: how it is known to fail, one sentence each.
        options_schema: what a recipe may set for it in ``[steps.options]``; None: nothing.
    """

    name: ClassVar[str]
    task: ClassVar[Task]
    licence: ClassVar[str]
    source: ClassVar[str]
    revision: ClassVar[str]
    sha256: ClassVar[str] = ""
    inputs: ClassVar[tuple[Field, ...]] = (RGB,)
    outputs: ClassVar[tuple[Field, ...]] = (RGB,)
    scale: int | None = 1
    sizes: Sizes = Sizes()
    deterministic: ClassVar[bool] = True
    tolerance: ClassVar[float] = 0.0
    memory: ClassVar[float] = 0.0
    memory_per_megapixel: ClassVar[float] = 50.0
    tiles: bool = False
    fails: ClassVar[tuple[str, ...]] = ()
    options_schema: ClassVar[type[BaseModel] | None] = None

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.tile: int | None = None
        self.options: Any = self.options_schema() if self.options_schema else None

    @property
    def source_type(self) -> str:
        """IPTC digital source type of what it makes (``line.source_types``); classical methods only enhance."""
        return ENHANCED

    @classmethod
    def missing(cls) -> str | None:
        """What must be got before it can run and how, or None when it is ready."""
        return None

    def load(self) -> None:  # noqa: B027 - a classical method has nothing to load
        """Bring weights into memory; called once per process, after the device is pinned."""

    def warm_up(self) -> None:  # noqa: B027 - a classical method needs none
        """Run once on a small picture, so that the first real one does not pay for kernels and caches."""

    @classmethod
    def checked(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """``options`` of a recipe with what it leaves out filled in.

        Raises:
            pydantic.ValidationError: one is unknown or of a wrong type.
            ModelError: the model has none.
        """
        if cls.options_schema is not None:
            return cls.options_schema(**options).model_dump()
        if options:
            raise ModelError(f"{cls.name} has no options")
        return {}

    def configured(self, options: Mapping[str, Any]) -> Self:
        """The same loaded model, to be run with these options; the weights are shared, not copied."""
        if self.options_schema is None:
            return self
        other = copy(self)
        other.options = self.options_schema(**options)
        return other

    @contextmanager
    def in_tiles(self, side: int) -> Iterator[None]:
        """Meanwhile no more than ``side`` × ``side`` pixels (and their margin) are worked on at once."""
        before, self.tile = self.tile, side
        try:
            yield
        finally:
            self.tile = before


class TextFinder(Model):
    """Finds where text is."""

    task = Task.FIND_TEXT
    outputs = (REGIONS,)

    @abstractmethod
    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        """Regions of text in ``rgb`` [H, W, 3] uint8; ``limit`` bounds the longer side looked at."""


class OverlaySegmenter(TextFinder):
    """Tells place by place what was laid over a photo from what is printed on what it shows."""

    @abstractmethod
    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        """The maps of ``rgb`` [H, W, 3] uint8 sRGB, seen with a long side of at most ``limit`` pixels."""


class Filler(Model):
    """Fills a masked area from its surroundings."""

    task = Task.FILL
    inputs = (RGB, MASK)

    @abstractmethod
    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        """A picture of the same size whose pixels where ``mask`` > 0 are invented.

        Pixels elsewhere may come back changed: the caller composites.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Enlargement:
    """What one picture is to become: ``rgb`` [H, W, 3] uint8 at ``size`` (width, height)."""

    rgb: Rgb
    size: tuple[int, int]
    seed: int


class Upscaler(Model):
    """Enlarges a picture."""

    task = Task.UPSCALE
    outputs = (ENLARGED,)
    scale = None

    @abstractmethod
    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        """``rgb`` enlarged to ``size`` (width, height), [height, width, 3] uint8."""

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        """Each of a micro-batch enlarged; a network does those of one size together."""
        return [self.upscale(item.rgb, item.size, seed=item.seed) for item in wanted]


class Denoiser(Model):
    """Takes noise off a picture and leaves its detail."""

    task = Task.DENOISE

    @abstractmethod
    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        """``rgb`` [H, W, 3] uint8 without its noise, of the same size."""


class Restorer(Model):
    """Mends what a picture suffered: compression, blur, scratches."""

    task = Task.RESTORE

    @abstractmethod
    def restore(self, rgb: Rgb, *, seed: int) -> Rgb:
        """``rgb`` [H, W, 3] uint8 mended, of the same size."""


class Generator(Model):
    """Makes a picture from words, or from words and a picture."""

    task = Task.GENERATE
    inputs = (RGB,)
    options_schema = Sampling

    @abstractmethod
    def generate(self, size: tuple[int, int], *, seed: int, start: Rgb | None = None) -> Rgb:
        """A picture of ``size`` (width, height), [height, width, 3] uint8.

        Args:
            start: [h, w, 3] uint8 to start from instead of noise alone.
        """


class Perceptual(Model):
    """Says how different two pictures look."""

    task = Task.PERCEPTUAL
    inputs = (RGB, RGB)
    outputs = (DISTANCE,)

    @abstractmethod
    def distance(self, before: Rgb, after: Rgb) -> float:
        """0 for equal pictures, greater the more they differ to the eye; both [H, W, 3] uint8 of one size."""


@dataclass(slots=True)
class Registry:
    """Model classes by name. A refused addition leaves it unchanged."""

    models: dict[str, type[Model]] = field(default_factory=dict)
    _registered: dict[str, manifest.Weights] = field(default_factory=dict)

    def add(self, model: type[Model]) -> type[Model]:
        if model.name in self.models:
            raise ModelError(f"two models are named {model.name}")
        self.models[model.name] = model
        return model

    def get(self, name: str, task: Task) -> type[Model]:
        """The class called ``name``.

        Raises:
            ModelError: unknown, or made for another task.
        """
        model = self.models.get(name)
        fitting = self.of_task(task)
        if model is None or model.task != task:
            what = "no model" if model is None else f"a model for {model.task}, not for {task}"
            raise ModelError(f"{name!r} is {what}; for {task} there are: {', '.join(fitting) or 'none'}")
        return model

    def of_task(self, task: Task) -> list[str]:
        return sorted(name for name, model in self.models.items() if model.task == task)

    def follow(self, registered: dict[str, manifest.Weights]) -> None:
        """Take over what the catalogue and the weights folder name now.

        Raises:
            ModelError: weights bear the name of a model that needs none.
        """
        if registered == self._registered:
            return
        built_in = {name: model for name, model in self.models.items() if name not in self._registered}
        if taken := sorted(built_in.keys() & registered.keys()):
            raise ModelError(
                f"weights are named {taken[0]}, as a model is that needs none: name them otherwise"
            )
        made = {name: model_of(found) for name, found in registered.items()}
        self.models.clear()
        self.models.update(built_in | made)
        self._registered = dict(registered)


def model_of(found: manifest.Weights) -> type[Model]:
    """The model that reads these weights: ``models.<reader>.model_of(weights)``.

    Raises:
        ModelError: there is no such reader, or none of its models does that task.
    """
    try:
        reader = import_module(f"models.{found.reader}")
        made: type[Model] = reader.model_of(found)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ModelError(f"{found.name}: no reader is named {found.reader!r} ({error})") from None
    return made


@cache
def _of_this_package() -> Registry:
    found = Registry()
    for module in load_all("models"):
        listed: Sequence[type[Any]] = getattr(module, "MODELS", ())
        for model in listed:
            found.add(model)
    return found


def registry() -> Registry:
    """Every model of this package (a module's attribute ``MODELS``), and one for each set of weights.

    What weights there are is looked up anew at each call (one file's date, mostly): a model that was just
    added is known to workers that run.
    """
    found = _of_this_package()
    found.follow(manifest.known())
    return found


__all__ = [
    "Denoiser", "Enlargement", "Field", "Filler", "Generator", "Model", "OverlayMaps", "OverlaySegmenter",
    "Perceptual", "Region", "Registry", "Restorer", "Task", "TextFinder", "Upscaler", "model_of", "registry",
]  # fmt: skip
