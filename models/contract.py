"""The contract of a model: one abstract class for each task, and the registry.

A model file imports its framework (torch, onnxruntime, …) inside ``load``, never at the top, because processes
without torch import the registry too.
"""

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from line.errors import ModelError
from line.picture import Mask, Rgb
from line.plugins.discover import load_all
from line.plugins.registry import Registry
from models.inference.sampling import Sampling
from models.model import DISTANCE, ENLARGED, MAPS, MASK, REGIONS, RGB, Field, Model
from models.task import Task
from models.weights import manifest


@dataclass(frozen=True, slots=True)
class Region:
    """One detected piece of text.

    Attributes:
        quad: [4, 2] float32, x and y of the corners, clockwise from top left, in pixels.
        score: confidence of the model, 0..1.
    """

    quad: NDArray[np.float32]
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class OverlayMaps:
    """Output of a segmenter for one photo.

    Attributes:
        ink: [h, w] float32, probability 0..1 of overlaid letters, signs or pictures.
        panel: [h, w] float32, probability 0..1 of an overlaid banner, badge or frame.
        imprint: [h, w] float32, probability 0..1 of print on the photographed object.
        opacity: [h, w] float32, opacity 0..1 of the overlay; undefined where there is none.
        scale: scale of the maps relative to the photo (map pixels per photo pixel).
    """

    ink: NDArray[np.float32]
    panel: NDArray[np.float32]
    imprint: NDArray[np.float32]
    opacity: NDArray[np.float32]
    scale: float


class TextFinder(Model):
    """Detects text, whether it was laid over the photo or not."""

    task = Task.DETECT_TEXT
    outputs = (REGIONS,)

    @abstractmethod
    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        """Text regions of ``rgb`` [H, W, 3] uint8 sRGB, detected at a longer side of ``limit`` pixels."""


class OverlaySegmenter(TextFinder):
    """Separates overlays from print on the photographed objects, pixel by pixel; its text is of both kinds."""

    task = Task.FIND_TEXT
    outputs = (MAPS,)

    @abstractmethod
    def segment(self, rgb: Rgb, *, limit: int) -> OverlayMaps:
        """Maps of ``rgb`` [H, W, 3] uint8 sRGB, computed at a longer side of at most ``limit`` pixels."""


class Filler(Model):
    """Fills a masked area."""

    task = Task.FILL
    inputs = (RGB, MASK)

    @abstractmethod
    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        """A picture of the same size with new pixels where ``mask`` > 0.

        Other pixels may change as well: the caller composites.

        Args:
            rgb: [H, W, 3] uint8 sRGB.
            mask: [H, W] uint8.
            seed: seed of every random choice.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Enlargement:
    """A request to enlarge ``rgb`` [H, W, 3] uint8 to ``size`` (width, height)."""

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
        """``rgb`` [H, W, 3] uint8 enlarged to ``size`` (width, height), as [height, width, 3] uint8."""

    def upscale_all(self, wanted: Sequence[Enlargement]) -> list[Rgb]:
        """Results of a micro-batch, in order; a network runs pictures of one size together."""
        return [self.upscale(item.rgb, item.size, seed=item.seed) for item in wanted]


class Denoiser(Model):
    """Removes noise and preserves detail."""

    task = Task.DENOISE

    @abstractmethod
    def denoise(self, rgb: Rgb, *, seed: int) -> Rgb:
        """``rgb`` [H, W, 3] uint8 without noise, at the same size."""


class Restorer(Model):
    """Repairs damage from compression, blur or scratches."""

    task = Task.RESTORE

    @abstractmethod
    def restore(self, rgb: Rgb, *, seed: int) -> Rgb:
        """``rgb`` [H, W, 3] uint8 restored, at the same size."""


class Generator(Model):
    """Generates a picture from a prompt, or from a prompt and a picture."""

    task = Task.GENERATE
    inputs = (RGB,)
    options_schema = Sampling

    @abstractmethod
    def generate(self, size: tuple[int, int], *, seed: int, start: Rgb | None = None) -> Rgb:
        """A picture of ``size`` (width, height), as [height, width, 3] uint8 sRGB.

        Args:
            size: width and height in pixels.
            seed: seed of the noise.
            start: [h, w, 3] uint8 picture to start from; None starts from noise.
        """


class Perceptual(Model):
    """Measures the perceptual distance of two pictures."""

    task = Task.PERCEPTUAL
    inputs = (RGB, RGB)
    outputs = (DISTANCE,)

    @abstractmethod
    def distance(self, before: Rgb, after: Rgb) -> float:
        """Perceptual distance of two [H, W, 3] uint8 pictures of one size; 0 if they are equal."""


class ModelRegistry(Registry[type[Model]]):
    """Model classes by name: those without weights, and one for each set of weights.

    Attributes:
        weights_folder: where weights that were pulled or added lie; None: the catalogue's alone are listed, and none
            of them is ready.
    """

    kind = "model"
    error = ModelError

    def __init__(self, weights_folder: Path | None = None) -> None:
        super().__init__()
        self.weights_folder = weights_folder
        self._registered: dict[str, manifest.Weights] = {}

    @property
    def models(self) -> dict[str, type[Model]]:
        return self.items

    def add(self, model: type[Model]) -> type[Model]:
        self.insert(model.name, model)
        return model

    def get(self, name: str, task: Task) -> type[Model]:
        """The class called ``name``.

        Raises:
            ModelError: no model has this name, or it has another task.
        """
        model = self.models.get(name)
        available = self.of_task(task)
        if model is None or model.task != task:
            what = "no model" if model is None else f"a model for {model.task}, not for {task}"
            raise ModelError(f"{name!r} is {what}; for {task} there are: {', '.join(available) or 'none'}")
        return model

    def of_task(self, task: Task) -> list[str]:
        return sorted(name for name, model in self.models.items() if model.task == task)

    def refreshed(self) -> Self:
        """The registry with the weights that lie in the folder now, which costs one ``stat`` if nothing changed.

        So a running worker uses weights that were added since it began.

        Raises:
            ModelError: weights have the name of a model without weights.
        """
        registered = manifest.all_weights(self.weights_folder)
        if registered == self._registered:
            return self
        built_in = {name: model for name, model in self.models.items() if name not in self._registered}
        if taken := sorted(built_in.keys() & registered.keys()):
            raise ModelError(
                f"weights are named {taken[0]}, which is the name of a model without weights: rename them"
            )
        weighted = {name: model_of(weights) for name, weights in registered.items()}
        self.models.clear()
        self.models.update(built_in | weighted)
        self._registered = dict(registered)
        return self


def model_of(weights: manifest.Weights) -> type[Model]:
    """The model class for these weights, from ``models.<reader>.model_of(weights)``.

    Raises:
        ModelError: the reader does not exist or does not support the task.
    """
    try:
        reader = import_module(f"models.{weights.reader}")
        model: type[Model] = reader.model_of(weights)
    except (ModuleNotFoundError, AttributeError) as error:
        raise ModelError(f"{weights.name}: there is no reader {weights.reader!r} ({error})") from None
    return model


def build(weights_folder: Path | None = None, more: Iterable[type[Model]] = ()) -> ModelRegistry:
    """A registry of the models of this package (``MODELS`` of each module), of those with weights, and of ``more``.

    Args:
        weights_folder: see :class:`ModelRegistry`.

    Raises:
        ModelError: two models have one name.
    """
    models = ModelRegistry(weights_folder)
    for module in load_all("models"):
        listed: Sequence[type[Any]] = getattr(module, "MODELS", ())
        for model in listed:
            models.add(model)
    for model in more:
        models.add(model)
    return models.refreshed()


__all__ = [
    "Denoiser", "Enlargement", "Field", "Filler", "Generator", "Model", "ModelRegistry", "OverlayMaps",
    "OverlaySegmenter", "Perceptual", "Region", "Restorer", "Task", "TextFinder", "Upscaler", "build", "model_of",
]  # fmt: skip
