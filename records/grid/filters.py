"""Which images the grid shows, and in which order."""

from dataclasses import dataclass
from enum import StrEnum

from line.states import ImageState


class Order(StrEnum):
    """The order of the grid."""

    SEVERITY = "severity"  # farthest beyond its limit first; flagged images only
    NAME = "name"  # newest batch first, then by name
    UPLOAD = "upload"  # newest batch first, then as the upload listed them


@dataclass(frozen=True, slots=True)
class Filter:
    """A set of images; an empty field does not restrict it.

    Attributes:
        name: part of the path inside the upload, in any case.
        template: id of the vendor template that decided a region of the image.
        reading: name of a reading, whose latest value lies in ``low``..``high`` (both included).
    """

    batch: int | None = None
    vendor: str = ""
    state: ImageState | None = None
    reason: str = ""
    template: int | None = None
    name: str = ""
    reading: str = ""
    low: float | None = None
    high: float | None = None
    order: Order = Order.UPLOAD

    @property
    def is_counted(self) -> bool:
        """Whether the counters of the records say how many images it holds."""
        return not (self.name or self.reading) and self.template is None

    @property
    def is_by_severity(self) -> bool:
        """Whether the worst image comes first: only flagged images have a severity."""
        return self.order is Order.SEVERITY and self.state is ImageState.FLAGGED
