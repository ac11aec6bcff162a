"""An image of a batch, as the records hold it: keys and facts, no pixels."""

from dataclasses import dataclass, field
from typing import Any

from line.facts import Facts


@dataclass(frozen=True, slots=True)
class Image:
    """One image as its next step receives it.

    Attributes:
        name: path inside the upload.
        source: key of the original in the bucket.
        tag: the bucket's version tag of the original when the upload was taken; empty where not asked.
        sha256: of the original; None before admission.
        picture_key: key of the current picture; None before admission.
        mask_key: key of the mask to erase; None without one.
        file: path of the delivered file below the batch's folder.
        facts: facts recorded by earlier steps.
        is_probe: whether it is part of the probe of a halted batch.
        is_counted: whether the breaker has counted it since it last closed.
    """

    id: int
    name: str
    source: str
    tag: str = ""
    sha256: str | None = None
    picture_key: str | None = None
    mask_key: str | None = None
    file: str | None = None
    facts: Facts = field(default_factory=Facts)
    is_probe: bool = False
    is_counted: bool = False

    @classmethod
    def from_row(cls, row: Any) -> "Image":
        """The image of a row of the table ``images``."""
        return cls(
            id=row.id,
            name=row.name,
            source=row.source,
            tag=row.tag,
            sha256=row.sha256,
            picture_key=row.current,
            mask_key=row.mask,
            file=row.file,
            facts=Facts.from_json(row.facts),
            is_probe=row.probe,
            is_counted=row.counted,
        )
