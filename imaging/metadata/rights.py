"""Who made a picture and on what terms it may be used."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Rights:
    """The rights a shop passes on; empty where the file says nothing.

    Attributes:
        creator: names, joined by "; ".
        copyright: the notice (dc:rights, IIM 2:116, Exif Copyright).
        credit: the credit line (photoshop:Credit, IIM 2:110).
        license_url: address of the licence (xmpRights:WebStatement).
        usage_terms: terms in words (xmpRights:UsageTerms).
        licensor_url: where a licence can be had (plus:LicensorURL).
    """

    creator: str = ""
    copyright: str = ""
    credit: str = ""
    license_url: str = ""
    usage_terms: str = ""
    licensor_url: str = ""

    def or_else(self, other: "Rights") -> "Rights":
        """These rights, with gaps filled from ``other``."""
        return Rights(**{f.name: getattr(self, f.name) or getattr(other, f.name) for f in fields(self)})

    def to_dict(self) -> dict[str, str]:
        """Only what is there, for the record."""
        return {name: value for name, value in asdict(self).items() if value}

    @classmethod
    def from_dict(cls, values: Any) -> Self:
        """The rights of :meth:`to_dict`; unknown keys are ignored."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: str(value) for name, value in dict(values or {}).items() if name in names})
