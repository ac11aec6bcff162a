"""A decoded photo on its way through the line, and what a step may make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from line.facts import Facts

Rgb: TypeAlias = NDArray[np.uint8]
"""[H, W, 3] uint8, sRGB, red first, 0..255."""

Mask: TypeAlias = NDArray[np.uint8]
"""[H, W] uint8; 0 = must stay as it is, 255 = wholly replaced, between = blended (the feather)."""


class FlagKind(StrEnum):
    """Why a person is asked: only ``ARTIFACT`` counts for the breaker."""

    ARTIFACT = "artifact"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One photo in memory. Arrays are never changed in place: a step makes new ones.

    Attributes:
        name: path inside the upload, for messages only.
        rgb: [H, W, 3] uint8 sRGB.
        mask: [H, W] uint8 of what is to be edited, or None where nothing is.
        seed: the random seed of this image at this step.
        facts: what earlier steps found out.
        original: the vendor's file, for a step that delivers: where no step has changed the picture, or the file
            bears a C2PA manifest.
    """

    name: str
    rgb: Rgb
    mask: Mask | None = None
    seed: int = 0
    facts: Facts = field(default_factory=Facts)
    original: bytes | None = None

    @property
    def height(self) -> int:
        return int(self.rgb.shape[0])

    @property
    def width(self) -> int:
        return int(self.rgb.shape[1])

    @property
    def long_side(self) -> int:
        return max(self.height, self.width)

    @property
    def megapixels(self) -> float:
        return self.height * self.width / 1e6

    def with_(self, **changes: Any) -> "Picture":
        """A copy with some fields replaced."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True, eq=False)
class Original:
    """The bytes as the vendor sent them; only ``admit`` takes these."""

    name: str
    data: bytes
    facts: Facts = field(default_factory=Facts)


# --- what a transform may answer for one image -------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """The step's result: goes to the gates, then on.

    Attributes:
        picture: the result; ``picture.rgb`` may be the very same array where no pixel changed.
        touched: [H, W] uint8 feathered mask of where pixels may differ from the input;
            None where the whole picture was worked on (resampling, admission).
        readings: figures the transform itself measured, stored beside those of the gates.
    """

    picture: Picture
    touched: Mask | None = None
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Flagged:
    """The step asks for a person instead of editing, e.g. ``mask_too_large``.

    Attributes:
        reason: a code in snake_case, one per cause.
        sentence: what a person should know, in one sentence.
        kind: policy (the default) or artifact.
        picture: what was found so far (mask and facts are kept for the person), if anything.
    """

    reason: str
    sentence: str
    kind: FlagKind = FlagKind.POLICY
    picture: Picture | None = None
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """The input cannot be used: rejected with a reason code and a sentence for the vendor."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Publishable:
    """The encoded file that leaves the line; only ``deliver`` answers this.

    Attributes:
        data: the encoded bytes.
        media_type: such as ``image/jpeg``.
        rgb: the file decoded again, [H, W, 3] uint8, so that gates judge what is really shipped.
        reference: the picture it was encoded from, scaled and padded, [H, W, 3] uint8; None: the input itself.
        facts: what gates and the record need to know of the file.
        renditions: further files of the picture, by the pattern of their names.
    """

    data: bytes
    media_type: str
    rgb: Rgb
    readings: Mapping[str, float] = field(default_factory=dict)
    reference: Rgb | None = None
    facts: Facts = field(default_factory=Facts)
    renditions: Mapping[str, bytes] = field(default_factory=dict)


Outcome: TypeAlias = Edited | Flagged | Refused | Publishable
