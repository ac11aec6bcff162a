"""A decoded photo, and the possible outcomes of a step."""

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
"""[H, W] uint8; 0: unchanged, 255: replaced, values between: blended (feather)."""


class FlagKind(StrEnum):
    """Reason for asking a person. Only ``ARTIFACT`` counts for the breaker."""

    ARTIFACT = "artifact"
    POLICY = "policy"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One photo in memory. Steps create new arrays and never change existing ones.

    Attributes:
        name: path inside the upload, for messages only.
        rgb: [H, W, 3] uint8 sRGB.
        mask: [H, W] uint8, pixels to edit; None if there are none.
        seed: random seed of this image at this step.
        facts: facts recorded by earlier steps.
        original: the vendor's file, only for delivery steps, if no step has changed the picture or the file has a
            C2PA manifest.
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
    """The file as sent by the vendor, the input of ``admit``."""

    name: str
    data: bytes
    facts: Facts = field(default_factory=Facts)


# --- outcomes of a transform for one image -----------------------------------------------------


@dataclass(frozen=True, slots=True, eq=False)
class Edited:
    """An edited picture, which the gates judge next.

    Attributes:
        picture: the result; ``picture.rgb`` may be the input's array if no pixel changed.
        touched: [H, W] uint8 feathered mask of the pixels that may differ from the input; None if the step worked on
            the whole picture (resampling, admission).
        readings: readings of the transform itself, recorded with those of the gates.
    """

    picture: Picture
    touched: Mask | None = None
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Flagged:
    """A request for a person's decision instead of an edit, e.g. ``mask_too_large``.

    Attributes:
        reason: code in snake_case, one for each cause.
        sentence: explanation for the person, one sentence.
        kind: policy (the default) or artifact.
        picture: intermediate result with mask and facts for the person, if there is one.
        readings: readings of the transform itself.
    """

    reason: str
    sentence: str
    kind: FlagKind = FlagKind.POLICY
    picture: Picture | None = None
    readings: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """Rejection of an unusable input, with a reason code and a sentence for the vendor."""

    reason: str
    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Publishable:
    """The encoded file to deliver, the outcome of ``deliver``.

    Attributes:
        data: the encoded bytes.
        media_type: such as ``image/jpeg``.
        rgb: [H, W, 3] uint8 sRGB, decoded from ``data``, so that the gates judge the delivered file.
        readings: readings of the transform itself.
        reference: [H, W, 3] uint8 sRGB, the scaled and padded picture before encoding; None means the input.
        facts: facts of the file for gates and records.
        renditions: further files of the picture, by name pattern.
    """

    data: bytes
    media_type: str
    rgb: Rgb
    readings: Mapping[str, float] = field(default_factory=dict)
    reference: Rgb | None = None
    facts: Facts = field(default_factory=Facts)
    renditions: Mapping[str, bytes] = field(default_factory=dict)


Outcome: TypeAlias = Edited | Flagged | Refused | Publishable
