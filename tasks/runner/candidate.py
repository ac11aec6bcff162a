"""The candidate of a rollout beside the model in use: the same input bytes, the same gates, and never in its way."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import sqlalchemy as sa

from gates.contract import registry as gates
from line.errors import LeaseLostError, ModelError, ServiceError
from line.image import Image
from line.picture import Edited, Flagged, FlagKind
from line.recipe import Step
from line.states import RolloutState
from line.trouble import TroubleKind
from models.contract import ModelRegistry, Task
from records import troubles
from records.rollouts import choice, pairs
from records.rollouts.pairs import CandidateRun, Outcome, Pair
from records.rollouts.rollout import Rollout
from records.shards import Claim
from records.step_results import ModelUsed, NeedsReview, StepResult
from tasks.context import Context
from tasks.runner.execute import execute
from tasks.runner.io import read, write
from tasks.runner.lease import Lease
from tasks.runner.types import Attempt, Failed, PreparedStep
from tasks.transform import Transform
from worker.device_errors import DeviceLostError, is_out_of_memory
from worker.provenance import made_with

log = logging.getLogger(__name__)

_MEMORY_SIGNS = frozenset({"memory_halved", "memory_tile"})
"""Readings of a result that was only possible in parts."""


class CandidateFaultError(Exception):
    """Raised where the candidate must not go on: it is rolled back at once."""


def with_model(step: Step, model: str, task: Task, models: ModelRegistry) -> Step:
    """A step with another model; it keeps the options where both models take the same ones.

    Raises:
        ModelError: there is no such model for that task.
    """
    if step.model == model:
        return step
    kind = models.get(model, task)
    before = models.models.get(step.model or "")
    is_same = before is not None and before.options_schema is kind.options_schema
    return step.model_copy(update={"model": model, "options": step.options if is_same else kind.checked({})})


class Trial:
    """Runs the candidate of a rollout on the chosen photos of one shard, after the model in use has run on all.

    Args:
        context: of the process.
        claim: the shard.
        incumbent: the step as it ran.
        lease: of the shard.
    """

    def __init__(self, context: Context, claim: Claim, incumbent: PreparedStep, lease: Lease) -> None:
        self.context, self.claim, self.incumbent, self.lease = context, claim, incumbent, lease

    def run(
        self, rollout: Rollout, results: Sequence[StepResult]
    ) -> tuple[list[StepResult], CandidateRun | None]:
        """What goes on of each photo, and the pairs; None where no photo is chosen.

        In the ramp the candidate's picture goes on where it passed its gates. Whatever the candidate does, a result of
        the model in use is never lost: after a fault all of them go on.

        Raises:
            DeviceLostError: the process has lost its device.
            LeaseLostError: the shard was taken back.
            ServiceError: Postgres or the bucket stayed away.
        """
        transact = self.context.database.transact
        judged = {result.image_id: result for result in results if result.has_passed or result.is_artifact}
        chosen = [image_id for image_id in judged if choice.is_chosen(rollout, image_id)]
        new = transact(partial(pairs.begin, rollout=rollout, claim=self.claim, image_ids=chosen))
        images = [image for image in self.claim.images if image.id in new]
        if not images:
            return list(results), None
        done: list[tuple[Pair, StepResult]] = []
        fault = ""
        try:
            prepared = self._prepared(rollout)
            for group in _groups(images, self.context.settings.micro_batch):
                self.lease.check()
                done += self._compare(rollout, prepared, group, judged)
        except (DeviceLostError, LeaseLostError, ServiceError):
            raise
        except ModelError as error:  # nothing ran: another worker may have the weights
            transact(partial(self._note_unready, rollout, error))
            return list(results), None
        except CandidateFaultError as error:
            fault = str(error)
        except Exception as error:  # whatever a candidate does, the model in use has done its work
            log.exception("the candidate %s of rollout %d failed", rollout.candidate, rollout.id)
            kind = "out of memory" if is_out_of_memory(error) else "crash"
            fault = f"{kind}: {type(error).__name__}: {error}"
        run = CandidateRun(rollout.id, tuple(pair for pair, _ in done), fault)
        return self._going_on(results, {} if fault else {result.image_id: result for _, result in done}), run

    def _prepared(self, rollout: Rollout) -> PreparedStep:
        """The step with the candidate.

        Raises:
            ModelError: its weights are not here.
            CandidateFaultError: they are others than those that were started, or no gate judges the step.
        """
        before = self.incumbent
        task = before.transform.task
        if task is None or not gates().for_transform(before.transform.name):
            raise CandidateFaultError(f"missing gate: no gate judges {before.transform.name}")
        step = with_model(before.step, rollout.candidate, task, self.context.model_registry)
        kind = self.context.model_registry.get(rollout.candidate, task)
        if (kind.revision, kind.sha256) != (rollout.revision, rollout.weights):
            raise CandidateFaultError(
                f"other weights: revision {kind.revision} on {self.claim.owner.node}, {rollout.revision} was started"
            )
        return PreparedStep.of(
            before.recipe, step, before.transform, before.models, before.codec, before.vendor
        )

    def _compare(
        self,
        rollout: Rollout,
        prepared: PreparedStep,
        images: Sequence[Image],
        judged: Mapping[int, StepResult],
    ) -> list[tuple[Pair, StepResult]]:
        """The pair of each photo, and the result that goes on."""
        store = self.context.bucket
        loaded = [read(store, image, judged[image.id].seed) for image in images]
        attempts = execute(prepared, loaded)
        compared = []
        for image, attempt in zip(images, attempts, strict=True):
            before = judged[image.id]
            if fault := fault_of(attempt, before, prepared.transform):
                raise CandidateFaultError(fault)
            compared.append(self._pair(rollout, prepared, image, attempt, before))
        return compared

    def _pair(
        self, rollout: Rollout, prepared: PreparedStep, image: Image, attempt: Attempt, before: StepResult
    ) -> tuple[Pair, StepResult]:
        kind, reason = flag_of(attempt)
        is_shipped = rollout.state is RolloutState.RAMP and kind is None
        is_stored = before.has_passed and kind is None and choice.is_stored(rollout.id, image.id)
        after = None
        if is_shipped or is_stored:
            after = write(self.context.bucket, self.context.buckets.at(self.claim.out), image, attempt)
            is_stored = is_stored and after.stored.picture != before.stored.picture
        is_artifact = kind is FlagKind.ARTIFACT
        if before.is_artifact and not is_artifact and isinstance(before.ending, NeedsReview):
            reason = before.ending.reason
        pair = Pair(
            image_id=image.id,
            outcome=Outcome.of(incumbent_flagged=before.is_artifact, candidate_flagged=is_artifact),
            incumbent_seconds=before.seconds,
            candidate_seconds=attempt.seconds,
            reason=reason,
            is_shipped=is_shipped,
            input=image.picture_key if is_stored else None,
            incumbent_output=before.stored.picture if is_stored else None,
            candidate_output=after.stored.picture if after and is_stored else None,
        )
        if after is None or not is_shipped:
            return pair, replace(before, trial_seconds=attempt.seconds)
        options = prepared.recipe.options_of(prepared.step)
        used = ModelUsed(rollout.candidate, rollout.revision, made_with(prepared.model, options), rollout.id)
        return pair, replace(after, trial_seconds=before.seconds, used=used, sha256=before.sha256)

    @staticmethod
    def _going_on(results: Sequence[StepResult], instead: Mapping[int, StepResult]) -> list[StepResult]:
        return [instead.get(result.image_id, result) for result in results]

    def _note_unready(self, rollout: Rollout, error: ModelError, connection: sa.Connection) -> None:
        pairs.abandon(connection, rollout.id, self.claim.shard_id)
        sentence = (
            f"{rollout.title}: not ready on {self.claim.owner.node}, so its photos make no pairs: {error}"
        )
        troubles.report(connection, TroubleKind.ROLLOUT, rollout.subject, sentence)


def flag_of(attempt: Attempt) -> tuple[FlagKind | None, str]:
    """Kind and code of the flag that a result gets; None and "" where it passes."""
    if isinstance(attempt.outcome, Flagged):
        return attempt.outcome.kind, attempt.outcome.reason
    reasons = attempt.verdict.reasons
    return attempt.verdict.kind, reasons[0].code if reasons else ""


def fault_of(attempt: Attempt, before: StepResult, transform: Transform) -> str:
    """Why a candidate must be rolled back at once for one result; "" where it need not.

    Args:
        before: the result of the model in use for the same photo.
    """
    outcome, name = attempt.outcome, attempt.loaded.subject.name
    if isinstance(outcome, Failed):
        return f"crash: {outcome.sentence}, on {name}"
    readings = outcome.readings if isinstance(outcome, Edited | Flagged) else {}
    is_reduced = bool(_MEMORY_SIGNS & (readings.keys() - before.readings.keys()))
    if is_reduced or (isinstance(outcome, Flagged) and outcome.reason == "out_of_memory"):
        return f"out of memory: on {name}"
    if not (transform.edits and isinstance(outcome, Edited)):
        return ""
    limited = {reading for gate in gates().for_transform(transform.name) for reading in gate.limits}
    if lack := limited & before.readings.keys() - attempt.verdict.readings.keys():
        return f"missing gate: no reading of {', '.join(sorted(lack))}, on {name}"
    return ""


def _groups(images: Sequence[Image], size: int) -> Iterable[Sequence[Image]]:
    return (images[start : start + size] for start in range(0, len(images), size))
