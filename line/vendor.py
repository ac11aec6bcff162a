"""Vendor context of a step: the vendor's rights and the templates of its overlays."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from line.facts import Box, VendorNote
from line.states import TemplateState


@dataclass(frozen=True, slots=True)
class VendorTemplate:
    """A place where text recurs on the photos of one vendor, with people's decision about it.

    Attributes:
        images: photos with text at that place.
        ink: median colour of the letters, RGB 0..255; None if the photos differ.
        look: shape of the letters, a grey PNG in base64; None if not learnt.
        mark: the complete overlay at that place, as JSON; None if not learnt.
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
        """The summary that is stored with a step; None if it would be empty."""
        if not self.watermark_rights and not self.templates:
            return None
        ids = tuple(template.id for template in self.templates)
        return VendorNote(watermark_rights=self.watermark_rights, templates=ids)


UNKNOWN_VENDOR = VendorContext()
"""Context of a vendor without rights and templates."""
