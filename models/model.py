"""What every model declares and can do, whatever its task."""

from abc import ABC
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel

from line.errors import ModelError
from line.source_types import ENHANCED
from models.inference.padding import Sizes
from models.task import Task


@dataclass(frozen=True, slots=True)
class Field:
    """Description of one input or output, such as ``[H, W, 3] uint8 0..255, sRGB, red first``."""

    shape: str
    dtype: str
    range: tuple[float, float]
    meaning: str

    def __str__(self) -> str:
        return f"{self.shape} {self.dtype} {self.range[0]:g}..{self.range[1]:g}, {self.meaning}"


RGB = Field("[H, W, 3]", "uint8", (0, 255), "sRGB, red first")
MASK = Field("[H, W]", "uint8", (0, 255), "above 0: to be filled")
ENLARGED = Field("[height, width, 3]", "uint8", (0, 255), "sRGB, red first, at the requested size")
REGIONS = Field("[N] of [4, 2]", "float32", (0, float("inf")), "corners in pixels, each with a score 0..1")
MAPS = Field("4 of [h, w]", "float32", (0, 1), "overlaid ink, overlaid panel, print, opacity")
DISTANCE = Field("[]", "float", (0, float("inf")), "0 for equal pictures, greater where they look different")


class Model(ABC):
    """One trusted model. A subclass is one file in this package.

    Attributes:
        name: unique name, used in recipes.
        task: task of the model.
        licence: SPDX name of the licence of code and weights.
        source: origin (paper, package or repository).
        revision: recorded version; must change whenever the output may change. With weights it ends in the first
            digits of their hash.
        sha256: hash of the weights file, or of the list of files if there are several; "" without weights.
        inputs, outputs: shape, dtype, range and colour order at the boundary.
        scale: scale factor of each side; None if the caller chooses the size.
        sizes: sides that the network accepts; the base class pads to them.
        deterministic: whether equal input bytes give equal output bytes for one device kind, thread count and
            micro-batch.
        tolerance: maximum difference (levels of 255) between micro-batch sizes, and between tiled and whole runs.
        memory: memory after loading (MB).
        memory_per_megapixel: working memory per megapixel of input (MB), for planning.
        tiles: whether the model can work tile by tile if memory is short.
        fails: typical failures, one phrase each.
        options_schema: schema of the recipe's ``[steps.options]``; None if the model has no options.
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

    def __init__(self, device: str = "cpu", micro_batch: int = 4) -> None:
        self.device, self.micro_batch = device, micro_batch
        self.tile: int | None = None
        self.options: Any = self.options_schema() if self.options_schema else None

    @property
    def source_type(self) -> str:
        """IPTC digital source type of the result (``line.source_types``); classical methods only enhance."""
        return ENHANCED

    @classmethod
    def missing(cls) -> str | None:
        """Instruction for getting what the model needs to run; None if it is ready."""
        return None

    def load(self) -> None:  # noqa: B027 - a classical method has nothing to load
        """Load the weights; called once per process, after the device is pinned."""

    def warm_up(self) -> None:  # noqa: B027 - a classical method needs none
        """Run once on a small picture to fill kernel caches, so that the first real picture is not slower."""

    @classmethod
    def checked(cls, options: Mapping[str, Any]) -> dict[str, Any]:
        """``options`` of a recipe, completed with defaults.

        Raises:
            pydantic.ValidationError: an option is unknown or has a wrong type.
            ModelError: the model has no options.
        """
        if cls.options_schema is not None:
            return cls.options_schema(**options).model_dump()
        if options:
            raise ModelError(f"{cls.name} has no options")
        return {}

    def configured(self, options: Mapping[str, Any]) -> Self:
        """A copy of the model with these options; the copy shares the loaded weights."""
        if self.options_schema is None:
            return self
        other = copy(self)
        other.options = self.options_schema(**options)
        return other

    @contextmanager
    def in_tiles(self, side: int) -> Iterator[None]:
        """Process at most ``side`` × ``side`` pixels (and their margin) at once inside the context."""
        before, self.tile = self.tile, side
        try:
            yield
        finally:
            self.tile = before
