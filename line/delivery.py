"""What a shop asks of a delivered picture: shape, bytes, format, names; the parameters of ``deliver``."""

from collections.abc import Mapping
from pathlib import PurePosixPath
from string import Formatter
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

Count = Annotated[int, Field(ge=1)]
Length = Annotated[int, Field(ge=0)]
Quality = Annotated[int, Field(ge=30, le=100)]
Aspect = Annotated[str, Field(pattern=r"^([1-9]\d*(\.\d+)?:[1-9]\d*(\.\d+)?)?$")]
Share = Annotated[float, Field(ge=0, le=1)]
Margin = Annotated[float, Field(ge=0, le=0.4)]
Colour = Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]
FormatName = Literal["jpeg", "png", "webp", "avif"]

EXTENSIONS: Final = {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "avif": ".avif"}
_FORMATS: Final = {".jpg": "jpeg", ".jpeg": "jpeg", ".png": "png", ".webp": "webp", ".avif": "avif"}
_NAME_FIELDS: Final = frozenset({"stem", "sku", "counter", "width"})
_SKU_ENDS: Final = "_ ~"
"""The SKU is the file's stem up to the first of these."""
MAX_RENDITIONS: Final = 20


class OutputRules(BaseModel):
    """Shape and bytes of one delivered file.

    Attributes:
        max_long_side: larger pictures are downscaled to it, in pixels.
        fit: ``within`` keeps the sides' ratio, ``pad`` fills up to ``aspect``, ``square`` to 1:1; never cropped.
        ground: #rrggbb of what is added.
        margin: share of each side that stays ground at either end.
        quality, min_quality: of the encoder, and how far it may be lowered to fit ``max_bytes``.
        max_bytes: of the file.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    max_long_side: Count = 10_000
    fit: Literal["within", "pad", "square"] = "within"
    ground: Colour = "#ffffff"
    margin: Margin = 0.0
    quality: Quality = 92
    min_quality: Quality = 80
    max_bytes: Count = 10_000_000
    aspect: Aspect = ""

    @model_validator(mode="after")
    def _pad_needs_an_aspect(self) -> Self:
        if self.fit == "pad" and not self.aspect:
            raise ValueError('fit = "pad" needs aspect, such as "3:4"')
        if self.fit == "within" and self.margin:
            raise ValueError('margin needs fit = "pad" or "square"')
        return self

    @property
    def ratio(self) -> float | None:
        """Width to height; None for any."""
        if not self.aspect:
            return None
        across, down = self.aspect.split(":")
        return float(across) / float(down)


class Rendition(OutputRules):
    """``[[steps.renditions]]``: one more file of the same picture, beside the delivered one.

    Attributes:
        name: pattern of the file's name, such as ``{stem}-{width}.webp``; its extension is the format.
            ``{stem}`` is the delivered file's name without extension, ``{sku}`` its part before the first
            ``_``, space or ``~``, ``{counter}`` the photo's number among those of its folder and SKU,
            ``{width}`` is ``max_long_side``.
    """

    name: str

    @model_validator(mode="after")
    def _name_is_usable(self) -> Self:
        try:
            parts = list(Formatter().parse(self.name))
        except ValueError:
            raise ValueError(f"name {self.name!r} has a brace without its partner") from None
        if any(spec or conversion for _, _, spec, conversion in parts):
            raise ValueError("name has a field with a format; write the field alone, such as {counter}")
        fields = {field for _, field, _, _ in parts if field is not None}
        if unknown := fields - _NAME_FIELDS:
            allowed = ", ".join(f"{{{name}}}" for name in sorted(_NAME_FIELDS))
            raise ValueError(f"name has {{{min(unknown)}}}; it may have {allowed}")
        if "stem" not in fields and not {"sku", "counter"} <= fields:
            raise ValueError("name needs {stem}, or {sku} and {counter}: else two photos would get one file")
        if "/" in self.name or "\\" in self.name or self.name.startswith("."):
            raise ValueError("name is a file's name, without a folder")
        if PurePosixPath(self.name).suffix.lower() not in _FORMATS:
            raise ValueError(f"name ends in one of {', '.join(_FORMATS)}")
        return self

    @property
    def format(self) -> str:
        """By the extension of the name."""
        return _FORMATS[PurePosixPath(self.name).suffix.lower()]

    @property
    def pattern(self) -> str:
        """The name with its width filled in."""
        return self.name.replace("{width}", str(self.max_long_side))


class DeliverParams(OutputRules):
    """The parameters of ``deliver``.

    Attributes:
        format: of the delivered file.
        dpi: written into the file, so that a batch of mixed origin leaves with one.
        min_long_side, min_short_side: of the photo itself, margins included, in pixels.
        white_background: whether the photo's border must be white.
        white_ground: minimum share of the ground, shadows included, that is white.
        subject_fill: minimum share of the delivered picture's width or height, the larger, that the subject spans.
        aspect: width to height, such as "1:1", or empty for any; ``fit = "pad"`` brings it about.
        aspect_tolerance: by which share the aspect may differ.
        keep: what of the vendor's metadata is passed on; places and serial numbers never are.
        renditions: further files of the same picture.
    """

    format: FormatName = "jpeg"
    dpi: Annotated[int, Field(ge=1, le=65_535)] = 300
    min_long_side: Length = 0
    min_short_side: Length = 0
    white_background: bool = False
    white_ground: Share = 0.0
    subject_fill: Share = 0.0
    aspect_tolerance: Share = 0.02
    keep: list[Literal["rights"]] = ["rights"]
    renditions: Annotated[list[Rendition], Field(max_length=MAX_RENDITIONS)] = []

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        for stem in ("stem", "stem_1"):
            delivered = stem + EXTENSIONS[self.format]
            renditions = [rendition_path(rendition.pattern, delivered, 1) for rendition in self.renditions]
            if len({file.casefold() for file in (delivered, *renditions)}) <= len(renditions):
                raise ValueError("two of the files would have one name")
        return self


def sku_of(delivered: str) -> str:
    """The SKU in the name of a delivered file: its stem up to the first ``_``, space or ``~``."""
    stem = PurePosixPath(delivered).stem
    ends = [at for mark in _SKU_ENDS if (at := stem.find(mark)) > 0]
    return stem[: min(ends)] if ends else stem


def rendition_path(pattern: str, delivered: str, counter: int | None = None) -> str:
    """The path of a rendition beside the ``delivered`` file.

    Args:
        counter: the photo's number, 1-based; only patterns with ``{counter}`` need it.
    """
    path = PurePosixPath(delivered)
    number = "" if counter is None else f"{counter:02}"
    return str(path.with_name(pattern.format(stem=path.stem, sku=sku_of(delivered), counter=number)))


def rendition_paths(params: Mapping[str, Any], delivered: str, counter: int | None = None) -> list[str]:
    """Paths of the further files that ``deliver`` with these parameters writes beside a delivered one."""
    renditions = [Rendition.model_validate(table) for table in params.get("renditions") or ()]
    return [rendition_path(rendition.pattern, delivered, counter) for rendition in renditions]


def has_counter(params: Mapping[str, Any]) -> bool:
    """Whether a rendition's name contains ``{counter}``."""
    return any("{counter}" in table["name"] for table in params.get("renditions") or ())
