"""``@transform``: what makes a function a step of the line."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, TypeAlias

from pydantic import BaseModel, ConfigDict, create_model

from line.errors import SluiceError
from line.facts import Facts
from line.picture import Original, Outcome, Picture
from line.vendor import UNKNOWN_VENDOR, VendorContext
from models.contract import Model, Task

Function: TypeAlias = Callable[..., Sequence[Outcome]]


class TransformError(SluiceError):
    """Raised when a transform is declared in a way that cannot work."""


@dataclass(frozen=True)
class Transform:
    """A step of the line: ``function(pictures, model, **params)`` returns one outcome per picture.

    A function with a third positional parameter, ``vendor``, also receives what is on record about the
    vendor of the batch.

    Attributes:
        name: the function's name, which is the file's, the recipe's and the task's.
        queue: where its tasks go.
        function: pure in its pictures: no state kept, nothing written.
        task: what its model must be able to do; None where it needs none (``model`` is None then).
        default_model: used where the recipe names none.
        needed: says from an image's facts and the parameters whether it needs this step; None = always.
        edits: whether it changes pixels, so that its verdict makes an image judged.
        removes / enlarges: for the order rule: nothing is removed after an enlargement.
        informs: whether its findings decide which later steps an image needs; a chain ends after it.
        delivers: whether its outcome is the published file.
        trained: files that come with it and that its outcome hangs on, for the record.
        params: the model of its parameters; None where they are the function's keyword defaults.
    """

    name: str
    queue: str
    function: Function
    task: Task | None = None
    default_model: str | None = None
    needed: Callable[..., bool] | None = None
    edits: bool = True
    removes: bool = False
    enlarges: bool = False
    informs: bool = False
    delivers: bool = False
    trained: tuple[Path, ...] = ()
    params: type[BaseModel] | None = None

    @cached_property
    def schema(self) -> type[BaseModel]:
        """The function's keyword defaults as a strict model: a recipe's parameters."""
        if self.params is not None:
            return self.params
        fields: dict[str, Any] = {}
        for parameter in inspect.signature(self.function, eval_str=True).parameters.values():
            if parameter.kind is not inspect.Parameter.KEYWORD_ONLY:
                continue
            if parameter.default is parameter.empty or parameter.annotation is parameter.empty:
                raise TransformError(f"{self.name}: {parameter.name} needs a type and a default")
            fields[parameter.name] = (parameter.annotation, parameter.default)
        config = ConfigDict(extra="forbid", strict=True, frozen=True)
        return create_model(f"{self.name}_params", __config__=config, **fields)

    @cached_property
    def takes_vendor(self) -> bool:
        """Whether the function has a parameter ``vendor``."""
        return "vendor" in inspect.signature(self.function).parameters

    def run(
        self,
        pictures: Sequence[Picture | Original],
        model: Model | None,
        params: dict[str, Any],
        vendor: VendorContext = UNKNOWN_VENDOR,
    ) -> Sequence[Outcome]:
        """Call the function, with the vendor where it takes one.

        Raises:
            TransformError: it returned another number of outcomes than it was given pictures.
        """
        context = {"vendor": vendor} if self.takes_vendor else {}
        outcomes = self.function(pictures, model, **context, **params)
        if len(outcomes) != len(pictures):
            raise TransformError(
                f"{self.name} returned {len(outcomes)} outcomes for {len(pictures)} pictures"
            )
        return outcomes

    def is_needed(self, facts: Facts, params: dict[str, Any]) -> bool:
        """Whether an image with these facts needs this step."""
        return self.needed is None or self.needed(facts, **params)


def transform(queue: str, **declared: Any) -> Callable[[Function], Transform]:
    """Declare a transform; see :class:`Transform` for what can be declared.

    ``@transform(queue=Queue.UPSCALE, task=Task.UPSCALE, default_model="back_projection", enlarges=True)``
    """

    def declare(function: Function) -> Transform:
        made = Transform(name=function.__name__, queue=str(queue), function=function, **declared)
        _ = made.schema  # refuse a bad declaration at import, not in the middle of a batch
        return made

    return declare
