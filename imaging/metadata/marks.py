"""What a delivered file must say: how the picture came about and whose it is."""

import io
from dataclasses import dataclass, field
from typing import Any, Self

from PIL import Image

from imaging.formats import sniff
from imaging.metadata.read import read_metadata
from imaging.metadata.rights import Rights
from imaging.metadata.xmp import packet
from line.facts import Facts
from line.source_types import URI, strongest

_ARTIST, _COPYRIGHT = 0x013B, 0x8298


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of one delivered file.

    Attributes:
        source_type: code of IPTC DigitalSourceType; None where neither the vendor nor the line says anything.
        aigc: the vendor's label after GB 45438-2025, JSON as text.
        rights: what is kept of creator, copyright, credit and licence.
    """

    source_type: str | None = None
    aigc: str | None = None
    rights: Rights = field(default_factory=Rights)

    @classmethod
    def due(cls, facts: Facts, *, keep_rights: bool) -> Self:
        """What a file must say, by what came in and what the steps did (``facts``)."""
        codes = [*facts.source_types, *(edit.source_type for edit in facts.edits)]
        if facts.synthetic:
            codes.append(facts.synthetic)
        rights = Rights.from_dict(facts.rights) if keep_rights else Rights()
        return cls(strongest(codes), facts.aigc, rights)

    @classmethod
    def read(cls, data: bytes) -> Self:
        """The marks of a delivered file."""
        kind = sniff(data)
        with Image.open(io.BytesIO(data), formats=[kind.value.upper()]) as image:
            metadata = read_metadata(data, kind, image)
        return cls(strongest(metadata.source_types), metadata.aigc, metadata.rights)

    def xmp(self) -> bytes | None:
        """The XMP packet; None where there is nothing to say."""
        if self == Marks():
            return None
        return packet(URI + self.source_type if self.source_type else None, self.aigc, self.rights)

    def exif(self) -> bytes | None:
        """Exif with artist and copyright, for readers without XMP; None where there are none in ASCII."""
        exif = Image.Exif()
        for tag, value in ((_ARTIST, self.rights.creator), (_COPYRIGHT, self.rights.copyright)):
            if value and value.isascii():
                exif[tag] = value
        return exif.tobytes() if len(exif) else None

    def to_dict(self) -> dict[str, Any]:
        """For the record and the manifest; only what is there."""
        entries = {"source_type": self.source_type, "aigc": self.aigc, "rights": self.rights.to_dict()}
        return {name: value for name, value in entries.items() if value}
