"""One image of the sample with its recorded steps, run again from the input of any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from line.recipe import Recipe
from records.history.failures import StoppedImage
from records.queries import history
from records.queries.history import Past
from review.experiments.chain import attempts, has_passed, reason_of
from tasks.context import Context
from tasks.runner.io import read
from tasks.runner.types import PreparedStep


@dataclass(frozen=True, slots=True)
class Stop:
    """Where an image stopped, and why."""

    position: int
    reason: str


@dataclass(frozen=True, slots=True)
class Case:
    """An image of the sample.

    Attributes:
        pasts: its newest record of each step, by position.
    """

    image: StoppedImage
    pasts: Mapping[int, Past]

    def start(self, position: int) -> int | None:
        """Position of its first recorded step from ``position`` on; None where it has none."""
        return min((at for at in self.pasts if at >= position), default=None)


def cases_of(context: Context, recipe: Recipe, images: Sequence[StoppedImage]) -> list[Case]:
    """The images with their recorded steps."""
    transforms = [step.transform for step in recipe.steps]

    def work(image: StoppedImage) -> Case:
        pasts = context.database.transact(lambda connection: history.newest(connection, image.image_id))
        fitting = {past.position: past for past in pasts if transforms[past.position] == past.transform}
        return Case(image, fitting)

    return [work(image) for image in images]


class Runner:
    """Runs cases through recipes in this process; models stay loaded between runs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def alone(self, case: Case, position: int) -> Stop | None:
        """Run one recorded step again from its input, as it was recorded; None where it passes."""
        past = case.pasts[position]
        return self._run(case, past.recipe, position, position + 1)

    def through(self, case: Case, recipe: Recipe, start: int) -> Stop | None:
        """Run a recipe from the recorded input of a step to its end; None where every step passes."""
        return self._run(case, recipe, start, len(recipe.steps))

    def _run(self, case: Case, recipe: Recipe, start: int, end: int) -> Stop | None:
        past = case.pasts[start]
        context = self._context
        steps = {
            position: PreparedStep.of(
                recipe,
                recipe.steps[position],
                context.transforms.get(recipe.steps[position].transform),
                context.models,
                context.codec,
                past.vendor,
            )
            for position in range(start, end)
        }
        delivers = context.transforms.get(past.transform).delivers
        loaded = read(context.bucket, past.image, past.seed, with_original=delivers)
        sha256 = past.image.sha256 or loaded.sha256 or ""
        for position, attempt in attempts(steps, recipe, loaded.subject, sha256):
            if not has_passed(attempt):
                return Stop(position, reason_of(attempt))
        return None
