"""The contract of a model and the registry of trusted ones.

A model file imports its framework (torch, onnxruntime, …) inside ``load``, never at the top:
the registry is read by light processes that have no torch.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from line.discover import load_all
from line.errors import ModelError
from line.picture import Mask, Rgb


class Task(StrEnum):
    """What a model can be asked to do."""

    FIND_TEXT = "find_text"
    FILL = "fill"
    UPSCALE = "upscale"
    DENOISE = "denoise"
    RESTORE = "restore"
    GENERATE = "generate"
    PERCEPTUAL = "perceptual"


@dataclass(frozen=True, slots=True)
class Region:
    """One found piece of text.

    Attributes:
        quad: [4, 2] float32, x and y of the corners, clockwise from top left, in pixels.
        score: the detector's confidence, 0..1.
    """

    quad: NDArray[np.float32]
    score: float


class Model(ABC):
    """One trusted model. A subclass is one file in this package.

    Attributes:
        name: what a recipe calls it; unique.
        task: what it does.
        licence: SPDX name of code and weights.
        source: where it comes from (paper, package or repository).
        revision: changes whenever its output may; goes into every record.
        deterministic: same bytes in, same bytes out, on one device kind and thread count.
        memory_per_megapixel: MB of working memory per megapixel of input, for planning.
    """

    name: ClassVar[str]
    task: ClassVar[Task]
    licence: ClassVar[str]
    source: ClassVar[str]
    revision: ClassVar[str]
    deterministic: ClassVar[bool] = True
    memory_per_megapixel: ClassVar[float] = 50.0

    def __init__(self, device: str = "cpu") -> None:
        self.device = device

    @classmethod
    def missing(cls) -> str | None:
        """What must be got before it can run and how, or None when it is ready."""
        return None

    def load(self) -> None:  # noqa: B027 - a classical method has nothing to load
        """Bring weights into memory; called once per process, after the device is pinned."""


class TextFinder(Model):
    """Finds where text is."""

    task = Task.FIND_TEXT

    @abstractmethod
    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        """Regions of text in ``rgb`` [H, W, 3] uint8; ``limit`` bounds the longer side looked at."""


class Filler(Model):
    """Fills a masked area from its surroundings."""

    task = Task.FILL

    @abstractmethod
    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        """A picture of the same size whose pixels where ``mask`` > 0 are invented.

        Pixels elsewhere may come back changed: the caller composites.
        """


class Upscaler(Model):
    """Enlarges a picture."""

    task = Task.UPSCALE

    @abstractmethod
    def upscale(self, rgb: Rgb, size: tuple[int, int], *, seed: int) -> Rgb:
        """``rgb`` enlarged to ``size`` (width, height), [height, width, 3] uint8."""


@dataclass(slots=True)
class Registry:
    """Model classes by name. A refused addition leaves it unchanged."""

    models: dict[str, type[Model]] = field(default_factory=dict)

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
            raise ModelError(f"{name!r} is {what}; for {task} there are: {', '.join(fitting)}")
        return model

    def of_task(self, task: Task) -> list[str]:
        return sorted(name for name, model in self.models.items() if model.task == task)


@cache
def registry() -> Registry:
    """Every model of this package: a module's attribute ``MODELS``, a sequence of classes."""
    found = Registry()
    for module in load_all("models"):
        listed: Sequence[type[Any]] = getattr(module, "MODELS", ())
        for model in listed:
            found.add(model)
    return found
