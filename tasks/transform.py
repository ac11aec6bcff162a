"""``@transform``: what makes a function a step of the line."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import BaseModel, ConfigDict, create_model

from line.picture import Original, Outcome, Picture
from line.vendor import UNKNOWN_VENDOR, VendorContext
from tasks.declaration import Declaration, TransformError

if TYPE_CHECKING:
    from imaging.codec import Codec
    from models.contract import Model

Function: TypeAlias = Callable[..., Sequence[Outcome]]


@dataclass(frozen=True)
class Transform(Declaration):
    """A step of the line: ``function(pictures, model, **params)`` returns one outcome per picture.

    A function with a parameter ``vendor`` also receives what is on record about the vendor of the batch, one with a
    parameter ``codec`` what opens and signs photos in this process.

    Attributes:
        function: pure in its pictures: no state kept, nothing written.
        params: the model of its parameters; None where they are the function's keyword defaults.
    """

    function: Function
    _: KW_ONLY
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

    @cached_property
    def takes_codec(self) -> bool:
        """Whether the function has a parameter ``codec``."""
        return "codec" in inspect.signature(self.function).parameters

    def run(
        self,
        pictures: Sequence[Picture | Original],
        model: "Model | None",
        params: dict[str, Any],
        vendor: VendorContext = UNKNOWN_VENDOR,
        codec: "Codec | None" = None,
    ) -> Sequence[Outcome]:
        """Call the function, with the vendor and the codec where it takes them.

        Raises:
            TransformError: it returned another number of outcomes than it was given pictures.
        """
        context: dict[str, Any] = {"vendor": vendor} if self.takes_vendor else {}
        if self.takes_codec:
            context["codec"] = codec
        outcomes = self.function(pictures, model, **context, **params)
        if len(outcomes) != len(pictures):
            raise TransformError(
                f"{self.name} returned {len(outcomes)} outcomes for {len(pictures)} pictures"
            )
        return outcomes


def transform(queue: str, **declared: Any) -> Callable[[Function], Transform]:
    """Declare a transform; see :class:`Transform` for what can be declared.

    ``@transform(queue=Queue.UPSCALE, task=Task.UPSCALE, default_model="back_projection", enlarges=True)``
    """

    def declare(function: Function) -> Transform:
        declared_transform = Transform(
            name=function.__name__, queue=str(queue), function=function, **declared
        )
        _ = declared_transform.schema  # refuse a bad declaration at import, not in the middle of a batch
        return declared_transform

    return declare
