"""What a step made of each image of its shard, as the records store it: one type for each way to end."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar, TypeAlias

from line.facts import Facts, VendorNote

ORDERED_RESULT = "ordered_result"
"""Reason of an image whose edit a person ordered: the result is shown before it counts."""


class Result(StrEnum):
    """How a step ended for one image; stored in ``steps.verdict``."""

    PASS = "pass"
    FLAG = "flag"
    REFUSE = "refuse"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class StoredKeys:
    """Keys in the bucket of what a step left behind.

    Attributes:
        picture: the key the image came with where no pixel changed.
        mask: of what a later step is to erase.
        touched: of the feathered mask of pixels that were allowed to change.
    """

    picture: str | None = None
    mask: str | None = None
    touched: str | None = None


NOTHING_STORED = StoredKeys()


@dataclass(frozen=True, slots=True)
class Passed:
    """The image goes on.

    Attributes:
        file: the delivered path, where the step delivered.
    """

    verdict: ClassVar[Result] = Result.PASS
    stored: StoredKeys = NOTHING_STORED
    file: str | None = None


@dataclass(frozen=True, slots=True)
class NeedsReview:
    """The image leaves the line: a person decides.

    Attributes:
        reason: a code in snake_case.
        sentence: the explanation that the person reads.
        is_artifact: whether a gate found a fault; otherwise a policy asks for a person.
        limits: the limits that were broken, as JSON objects.
        stored: the step's result, which is only proposed.
    """

    verdict: ClassVar[Result] = Result.FLAG
    reason: str
    sentence: str
    is_artifact: bool = False
    limits: Sequence[Mapping[str, Any]] = ()
    stored: StoredKeys = NOTHING_STORED


@dataclass(frozen=True, slots=True)
class Rejected:
    """The image leaves the line: the vendor's file cannot be used."""

    verdict: ClassVar[Result] = Result.REFUSE
    reason: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The image leaves the line: the step failed on it, or could not read it."""

    verdict: ClassVar[Result] = Result.FAIL
    reason: str
    sentence: str


Ending: TypeAlias = Passed | NeedsReview | Rejected | Broken


@dataclass(frozen=True, slots=True)
class ModelUsed:
    """The model that made one image's result, as :class:`StepRun` has it for the shard.

    Attributes:
        rollout_id: the rollout whose candidate it is; None for the model in use.
    """

    model: str | None
    revision: str | None
    made_with: Mapping[str, Any]
    rollout_id: int | None = None


@dataclass(frozen=True, slots=True)
class StepResult:
    """What a step made of one image.

    Attributes:
        seconds: that the step took for this image, its gates included.
        trial_seconds: that a model beside it took, whose result does not go on.
        used: the model, where it is another one than the shard's.
        facts: what is known of the image after the step.
        readings: figures that the transform and its gates measured.
        sha256: of the original, where the step read it.
    """

    image_id: int
    seed: int
    seconds: float
    facts: Facts
    ending: Ending
    readings: Mapping[str, float] = field(default_factory=dict)
    sha256: str | None = None
    trial_seconds: float = 0.0
    used: ModelUsed | None = None

    @property
    def paid_seconds(self) -> float:
        """Seconds that are paid for."""
        return self.seconds + self.trial_seconds

    @property
    def verdict(self) -> Result:
        return self.ending.verdict

    @property
    def is_artifact(self) -> bool:
        """Whether a gate found a fault in it."""
        return isinstance(self.ending, NeedsReview) and self.ending.is_artifact

    @property
    def has_passed(self) -> bool:
        return isinstance(self.ending, Passed)

    @property
    def stored(self) -> StoredKeys:
        return self.ending.stored if isinstance(self.ending, Passed | NeedsReview) else NOTHING_STORED


@dataclass(frozen=True, slots=True, kw_only=True)
class StepRun:
    """What ran, the same for every image of the shard.

    Attributes:
        cost_per_second: of its device, in the currency of the topology file.
        judges: whether a pass makes an image judged, for the breaker.
        vendor: what the step was told about the vendor; None where it was told nothing.
        made_with: options and weights of the model, the step's own trained files, hardware, threads, library
            versions.
        is_priced: whether the topology file names a price of its device.
        rollout_id: the rollout that promoted its model; None where the recipe names it.
    """

    transform: str
    model: str | None
    revision: str | None
    device: str
    cost_per_second: float
    judges: bool
    delivers: bool
    ends_chain: bool
    vendor: VendorNote | None = None
    made_with: Mapping[str, Any] = field(default_factory=dict)
    is_priced: bool = True
    rollout_id: int | None = None
