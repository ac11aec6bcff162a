"""What a step may know about the vendor of a batch: its rights, and the templates of its overlays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from line.facts import Box, VendorNote
from line.states import TemplateState


@dataclass(frozen=True, slots=True)
class VendorTemplate:
    """A place where text recurs on the photos of one vendor, and what people decided about it.

    Attributes:
        images: photos with text at that place.
        ink: median colour of the letters, RGB 0..255; None where the photos differ.
        look: the letters' shape, a grey PNG in base64; None where it was not learnt.
        mark: everything the vendor lays over its photos there, as JSON; None where it was not learnt.
    """

    id: int
    state: TemplateState
    box: Box
    images: int
    ink: tuple[int, int, int] | None = None
    look: str | None = None
    mark: Mapping[str, Any] | None = None

    @property
    def is_confirmed(self) -> bool:
        """Whether a person confirmed that it is an overlay."""
        return self.state is TemplateState.CONFIRMED


@dataclass(frozen=True, slots=True)
class VendorContext:
    """The vendor of a batch, as a transform sees it.

    Attributes:
        watermark_rights: the vendor's statement that its watermarks may be removed; None without one.
        templates: proposed and confirmed ones, by id.
    """

    watermark_rights: str | None = None
    templates: tuple[VendorTemplate, ...] = ()

    def note(self) -> VendorNote | None:
        """The short form that is stored with a step; None where there is nothing to store."""
        if not self.watermark_rights and not self.templates:
            return None
        ids = tuple(template.id for template in self.templates)
        return VendorNote(watermark_rights=self.watermark_rights, templates=ids)


UNKNOWN_VENDOR = VendorContext()
"""A vendor of whom nothing is on record."""
