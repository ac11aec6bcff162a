"""One image of the sample with its recorded steps, run again from the input of any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from line.picture import Flagged
from line.recipe import Recipe
from records.history.failures import StoppedImage
from records.queries import history
from records.queries.history import Past
from review.experiments import chain
from review.experiments.chain import Start, reason_of
from review.triage.promoted import Promotions
from tasks.context import Context
from tasks.runner.io import read
from tasks.runner.types import PreparedStep


@dataclass(frozen=True, slots=True)
class Stop:
    """Where an image stopped, and why.

    Attributes:
        asks: a policy asks a person, so that it is no artifact.
    """

    position: int
    reason: str
    asks: bool = False


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
    """The images with their recorded steps, whose recipes name the candidates that were promoted."""
    promotions = Promotions(context)
    transforms = [step.transform for step in recipe.steps]

    def work(image: StoppedImage) -> Case:
        pasts = context.database.transact(lambda connection: history.newest(connection, image.image_id))
        fitting = {
            past.position: replace(past, recipe=promotions.applied(past.recipe))
            for past in pasts
            if transforms[past.position] == past.transform
        }
        return Case(image, fitting)

    return [work(image) for image in images]


class Runner:
    """Runs cases through recipes in this process, in micro-batches; models stay loaded between runs."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def alone(self, cases: Sequence[Case], position: int) -> list[Stop | None]:
        """Run one recorded step of each case again from its input, as it was recorded; None where it passes."""
        digests = [case.pasts[position].recipe.digest for case in cases]
        answers: dict[int, Stop | None] = {}
        for digest in dict.fromkeys(digests):
            members = [at for at, each in enumerate(digests) if each == digest]
            recipe = cases[members[0]].pasts[position].recipe
            stops = self._run([(cases[at], position) for at in members], recipe, position + 1)
            answers.update(zip(members, stops, strict=True))
        return [answers[at] for at in range(len(cases))]

    def through(self, cases: Sequence[tuple[Case, int]], recipe: Recipe) -> list[Stop | None]:
        """Run a recipe from the recorded input of a step of each case to its end; None where every step passes."""
        return self._run(cases, recipe, len(recipe.steps))

    def _run(self, cases: Sequence[tuple[Case, int]], recipe: Recipe, end: int) -> list[Stop | None]:
        answers: dict[int, Stop | None] = {}
        notes = [case.pasts[start].vendor.note() for case, start in cases]
        for at, note in enumerate(notes):
            if at in answers:
                continue
            members = [other for other in range(at, len(cases)) if notes[other] == note]
            stops = self._run_of_vendor([cases[member] for member in members], recipe, end)
            answers.update(zip(members, stops, strict=True))
        return [answers[at] for at in range(len(cases))]

    def _run_of_vendor(
        self, cases: Sequence[tuple[Case, int]], recipe: Recipe, end: int
    ) -> list[Stop | None]:
        """Cases whose vendor is on record as one and the same."""
        context = self._context
        first, vendor = min(start for _, start in cases), cases[0][0].pasts[cases[0][1]].vendor
        steps = {
            position: PreparedStep.of(
                recipe,
                recipe.steps[position],
                context.transforms.get(recipe.steps[position].transform),
                context.models,
                context.codec,
                vendor,
            )
            for position in range(first, end)
        }
        starts = [self._start(case, start) for case, start in cases]
        return [
            None if stop is None else Stop(stop[0], reason_of(stop[1]), isinstance(stop[1].outcome, Flagged))
            for stop in chain.stops(steps, recipe, starts, context.settings.micro_batch)
        ]

    def _start(self, case: Case, position: int) -> Start:
        past = case.pasts[position]
        delivers = self._context.transforms.get(past.transform).delivers
        loaded = read(self._context.bucket, past.image, past.seed, with_original=delivers)
        return Start(position, loaded.subject, past.image.sha256 or loaded.sha256 or "")
