"""What passes between the stages of a step: a loaded image, and what one attempt made of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gates.contract import Verdict
from imaging.codec import Codec
from line.facts import Facts
from line.picture import Original, Outcome, Picture
from line.recipe import Recipe, Step
from line.vendor import UNKNOWN_VENDOR, VendorContext
from models.contract import Model
from tasks.transform import Transform
from worker.model_cache import ModelCache


@dataclass(frozen=True, slots=True, eq=False)
class Loaded:
    """One image in memory.

    Attributes:
        subject: what the step works on.
        seed: of the image at this step.
        sha256: of the original, where it was read.
    """

    subject: Picture | Original
    seed: int
    sha256: str | None = None

    @property
    def facts(self) -> Facts:
        return self.subject.facts


@dataclass(frozen=True, slots=True)
class Failed:
    """The transform, or a gate after it, broke on this one image."""

    sentence: str


@dataclass(frozen=True, slots=True, eq=False)
class Attempt:
    """What one run of a step made of one image.

    Attributes:
        outcome: the transform's own answer.
        verdict: of the gates.
        seconds: that it took, its gates included.
        judging_seconds: the part of these for the gates.
    """

    loaded: Loaded
    outcome: Outcome | Failed
    verdict: Verdict
    seconds: float
    judging_seconds: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class PreparedStep:
    """A step of a recipe with everything it needs to run in this process.

    Attributes:
        model: loaded; None where the transform needs none.
        models: the loaded models of this process; the gates find the text detector there.
        vendor: what is on record about the vendor of the batch.
        codec: opens and signs photos in this process.
    """

    transform: Transform
    step: Step
    recipe: Recipe
    model: Model | None
    models: ModelCache
    vendor: VendorContext = UNKNOWN_VENDOR
    codec: Codec = field(default_factory=Codec)

    @classmethod
    def of(
        cls,
        recipe: Recipe,
        step: Step,
        transform: Transform,
        models: ModelCache,
        codec: Codec,
        vendor: VendorContext = UNKNOWN_VENDOR,
    ) -> "PreparedStep":
        """Load the model that a step names.

        Raises:
            ModelError: the model is not ready on this worker.
        """
        model = None
        if step.model and transform.task:
            model = models.get(step.model, transform.task, recipe.options_of(step))
        return cls(transform, step, recipe, model, models, vendor, codec)

    def run(self, loaded: Sequence[Loaded]) -> Sequence[Outcome]:
        """What the transform makes of some images, not judged yet; whatever it raises passes through."""
        return self.transform.run(
            [item.subject for item in loaded], self.model, self.step.params, self.vendor, self.codec
        )
