"""Facts of an image besides its pixels, stored as JSON with the image and with each step."""

from collections.abc import Mapping
from typing import Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict

Box: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the photo's width and height, 0..1."""

PixelBox: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


class _Json(BaseModel):
    """A JSON object. Keys that this version does not define are kept as they are: plug-ins may add some."""

    model_config = ConfigDict(frozen=True, extra="allow")

    def to_json(self) -> dict[str, Any]:
        """The keys that were set, as plain values; the inverse of ``model_validate``."""
        return self.model_dump(exclude_unset=True)


class RecordedRegion(_Json):
    """A region that ``find_text`` looked at, as the records keep it.

    Attributes:
        quad: corners in pixels (x, y), clockwise from top left.
        box: the upright box around it.
        score: the detector's confidence, 0..1.
        overlay: probability that it is an overlay rather than part of the product, 0..1.
        template: id of the vendor template that decided it; None where none did.
        opacity: of the overlay, 0..1; None where it was not measured.
        kind: text, or a graphic such as a logo or a frame.
    """

    quad: tuple[tuple[int, int], ...] = ()
    box: Box | None = None
    score: float = 0.0
    overlay: float = 0.0
    template: int | None = None
    opacity: float | None = None
    kind: Literal["text", "graphic"] | None = None


class DamageNote(_Json):
    """What a decoder reported about a damaged file.

    Attributes:
        row: the first damaged row; None where the decoder does not tell.
    """

    message: str
    row: int | None = None


class EditNote(_Json):
    """An edit that changed the picture.

    Attributes:
        step: the transform's name.
        model: None where the step needs none.
        source_type: code of IPTC DigitalSourceType of what it did.
    """

    step: str
    model: str | None = None
    source_type: str


class VendorNote(_Json):
    """Summary of the vendor context of a step, stored with the step.

    Attributes:
        watermark_rights: the vendor's statement at that time.
        templates: ids of the vendor templates that were in force.
    """

    watermark_rights: str | None = None
    templates: tuple[int, ...] = ()


class Facts(_Json):
    """Facts of one image. The stored JSON contains only fields that were set.

    ``facts | Facts(masked=True)`` is a copy with the fields of the right side replaced.

    Attributes:
        width, height: of the upright picture, in pixels.
        format: of the original file, such as ``jpeg``.
        extension: whether the file's name agrees with its format.
        bytes: size of the original file.
        mode: Pillow's pixel mode of the original, such as ``CMYK``.
        frames: 1, or 2 for a file with several pictures.
        dpi: horizontal and vertical resolution of the original, dots per inch.
        orientation: EXIF orientation of the original, 1..8.
        icc: how the colours were converted, see ``imaging.color``.
        alpha: whether the original had transparent pixels.
        transparent: their share, 0..1.
        grey_rows: rows of even grey at the lower end of a JPEG, as cut-off files decode.
        damage: what the decoder reported; None for a sound file.
        scans_missing: whether a progressive JPEG lacks scans.
        publishable_stream: whether the original's own JPEG stream may be delivered.
        source_types: codes of IPTC DigitalSourceType in the original, strongest first.
        aigc: the original's label after GB 45438-2025, JSON as text.
        rights: creator, copyright, credit and licence of the original.
        c2pa: whether the original embeds a C2PA manifest.
        gain_map: kind of the original's HDR gain map.
        counter: the photo's number among those of its folder and SKU, 1-based; None where no file's name has it.
        admitted: key of the picture as it was admitted.
        edits: the edits that were made, in order.
        synthetic: IPTC digital source type of a picture made by a model.
        regions: text and marks that ``find_text`` looked at; None before it ran.
        coverage: share of the photo under the mask, 0..1.
        masked: whether a mask is left for a later step to erase.
        person_mask: whether a person drew or chose that mask.
        doubts: ``print`` where a person decided that every uncertain region is part of the product.
        watermark_rights: the vendor's statement by which a watermark was masked.
        fills: boxes that were filled by ``erase_text``.
        unblended: boxes in which see-through ink was removed instead.
        accepted: whether a person accepted the image as it was.
        accepted_file: whether a person accepted the very file that is delivered.
        delivered: the manifest's entries about the delivered files.
        marks_differ: number of delivered files whose metadata, read back, differs from the expected.
        ordered: whether a person ordered the edit, which therefore never counts for the breaker.
        look_step: position of the first step whose result a person is shown before it counts; None where none is.
        vendor: summary of the vendor context, only in a step's record.
    """

    width: int | None = None
    height: int | None = None
    format: str | None = None
    extension: Literal["agrees", "differs", "absent"] | None = None
    bytes: int | None = None
    mode: str | None = None
    frames: int | None = None
    dpi: tuple[float, float] | None = None
    orientation: int | None = None
    icc: str | None = None
    alpha: bool | None = None
    transparent: float | None = None
    grey_rows: int | None = None
    damage: DamageNote | None = None
    scans_missing: bool = False
    publishable_stream: bool = False
    source_types: tuple[str, ...] = ()
    aigc: str | None = None
    rights: Mapping[str, str] | None = None
    c2pa: bool = False
    gain_map: str | None = None
    counter: int | None = None
    admitted: str | None = None
    edits: tuple[EditNote, ...] = ()
    synthetic: str | None = None
    regions: tuple[RecordedRegion, ...] | None = None
    coverage: float | None = None
    masked: bool = False
    person_mask: bool = False
    doubts: Literal["print"] | None = None
    watermark_rights: str | None = None
    fills: tuple[PixelBox, ...] = ()
    unblended: tuple[PixelBox, ...] = ()
    accepted: bool = False
    accepted_file: bool = False
    delivered: Mapping[str, Any] | None = None
    marks_differ: int = 0
    ordered: bool = False
    look_step: int | None = None
    vendor: VendorNote | None = None

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """Read stored facts.

        Raises:
            pydantic.ValidationError: a key holds a value of another type.
        """
        return cls.model_validate(stored)

    def __or__(self, changes: "Facts") -> "Facts":
        return self.model_copy(update={name: getattr(changes, name) for name in changes.model_fields_set})

    def without(self, *names: str) -> "Facts":
        """A copy in which these fields are unset."""
        return Facts.from_json({name: value for name, value in self.to_json().items() if name not in names})

    def is_shown_after(self, position: int) -> bool:
        """Whether a person ordered the edit and is to see the result of the step at ``position`` before it counts."""
        return self.look_step is not None and position >= self.look_step and not self.accepted

    def size(self) -> tuple[int, int]:
        """Width and height in pixels.

        Raises:
            ValueError: the image was not admitted yet, so its size is unknown.
        """
        if self.width is None or self.height is None:
            raise ValueError("the image was never admitted, so its size is unknown")
        return self.width, self.height
