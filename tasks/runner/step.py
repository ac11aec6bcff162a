"""One step of one shard: claim → read → run → judge → store, once for all transforms."""

import logging
import os
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

import sqlalchemy as sa

from imaging.intermediate import IntermediateError
from line.delivery import rendition_paths
from line.errors import LeaseLostError, ModelError, ServiceError
from line.image import Image
from line.recipe import seed_of
from line.trouble import TroubleKind
from line.vendor import UNKNOWN_VENDOR, VendorContext
from records import outcomes, shards, templates, troubles
from records.process_identity import process_identity
from records.rollouts import in_force as rollouts
from records.rollouts.in_force import ModelInForce
from records.shards import Claim, Owner
from records.step_results import Broken, Result, StepResult, StepRun
from records.storage import withdrawals
from records.storage.bucket import AccessError, MissingObjectError
from tasks.context import Context
from tasks.runner.candidate import Trial, with_model
from tasks.runner.execute import execute
from tasks.runner.io import OriginalReplacedError, read, write
from tasks.runner.lease import Lease
from tasks.runner.prefetch import Prefetch
from tasks.runner.types import Loaded, PreparedStep
from worker.costs import price_per_second
from worker.logs import log_context
from worker.provenance import made_with

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StepStart:
    """A claimed shard, with what its step goes by at this time.

    Attributes:
        vendor: of the batch, for steps that take it.
        in_force: the model that the step runs, for steps with one.
    """

    claim: Claim
    vendor: VendorContext = UNKNOWN_VENDOR
    in_force: ModelInForce | None = None


@dataclass(frozen=True, slots=True)
class StepEnd:
    """How a step ended: ``go_on`` where the chain's next message is to be sent."""

    go_on: bool
    summary: str
    batch: int | None = None


_UNREADABLE: Mapping[type[Exception], str] = {
    MissingObjectError: "object_missing",
    OriginalReplacedError: "original_replaced",
    IntermediateError: "object_damaged",
}
"""Reason codes of images that cannot be read."""


class StepRunner:
    """Runs steps in one worker process.

    Args:
        context: of the process.
        prefetch: the pictures that were read ahead.
    """

    def __init__(self, context: Context, prefetch: Prefetch | None = None) -> None:
        self.context = context
        self.prefetch = prefetch or Prefetch(context)
        self._refused_subjects: set[str] = set()

    def run(self, shard_id: int, at: int, node: str) -> StepEnd:
        """Do step ``at`` of a shard, unless it is done already or another process works on it.

        Raises:
            ServiceError: Postgres or the bucket stayed away; the shard was given back for another try.
            ModelError: the step's model is not ready on this worker; given back likewise.
        """
        transact, lease_seconds = self.context.database.transact, self.context.settings.lease_seconds
        owner = Owner(
            node, socket.gethostname(), os.getpid(), process_identity(), process_identity(os.getppid())
        )
        start = transact(partial(self._start, shard_id=shard_id, at=at, owner=owner))
        if start is None:
            is_past = transact(lambda connection: shards.is_past(connection, shard_id, at))
            return StepEnd(is_past, "done before" if is_past else "nothing to do")
        claim = start.claim
        try:
            with (
                Lease(self.context.database, claim, lease_seconds) as lease,
                log_context(batch=claim.batch_id),
            ):
                return self._work(start, lease)
        except LeaseLostError as error:
            transact(partial(self._note_delivered_files, claim))
            return StepEnd(False, str(error))
        except (ModelError, ServiceError) as error:
            transact(partial(self._give_back, claim, error))
            raise

    def _start(self, connection: sa.Connection, shard_id: int, at: int, owner: Owner) -> StepStart | None:
        """Claim a shard, and read in the same transaction what its step goes by; None where it cannot be claimed."""
        claim = shards.claim(connection, shard_id, at, owner, self.context.settings.lease_seconds)
        if claim is None:
            return None
        step = claim.recipe.steps[claim.position]
        transform = self.context.transforms.get(step.transform)
        vendor, in_force = UNKNOWN_VENDOR, None
        if transform.takes_vendor:
            vendor = templates.vendor_of(connection, claim.batch_id)
        if step.model is not None and transform.task is not None:
            in_force = rollouts.in_force(connection, step.transform, step.model, step.slot)
        return StepStart(claim, vendor, in_force)

    def _give_back(self, claim: Claim, error: ModelError | ServiceError, connection: sa.Connection) -> None:
        shards.release(connection, claim.shard_id, claim.owner)
        self._note_delivered_files(claim, connection)
        subject = _subject(claim)
        if isinstance(error, AccessError):  # other workers may have other credentials, so this one is named
            subject = f"{subject} on {claim.owner.node}"
            self._refused_subjects.add(subject)
        troubles.report(connection, TroubleKind.STEP, subject, str(error), claim.batch_id)

    def _note_delivered_files(self, claim: Claim, connection: sa.Connection) -> None:
        """Note the files that a step which did not end may have put into the delivered folder."""
        if self.context.transforms.get(claim.recipe.steps[claim.position].transform).delivers:
            delivery = claim.recipe.steps[claim.position].params
            files = [
                (image.file, rendition_paths(delivery, image.file, image.facts.counter))
                for image in claim.images
                if image.file
            ]
            withdrawals.note(connection, claim.batch_id, files, certain=False)

    def _work(self, start: StepStart, lease: Lease) -> StepEnd:
        claim, in_force = start.claim, start.in_force
        step = claim.recipe.steps[claim.position]
        transform = self.context.transforms.get(step.transform)
        if in_force is not None and transform.task is not None:
            step = with_model(step, in_force.model, transform.task, self.context.model_registry)
        prepared = PreparedStep.of(
            claim.recipe, step, transform, self.context.models, self.context.codec, start.vendor
        )
        results, candidate = self._results(claim, prepared, lease), None
        if in_force and in_force.trying:
            results, candidate = Trial(self.context, claim, prepared, lease).run(in_force.trying, results)
        lease.check()
        run = self._step_run(claim, prepared, in_force)
        go_on = self.context.database.transact(
            lambda connection: outcomes.finish(connection, claim, run, results, candidate)
        )
        over = ({_subject(claim)} if claim.failures else set()) | self._refused_subjects
        for subject in over:
            self.context.database.transact(partial(troubles.resolve, kind=TroubleKind.STEP, subject=subject))
        self._refused_subjects.clear()
        return StepEnd(go_on, _summary(claim, run, results), claim.batch_id)

    def _results(self, claim: Claim, prepared: PreparedStep, lease: Lease) -> list[StepResult]:
        """What the step made of every image: read ahead, run in micro-batches, written while others run."""
        results: list[StepResult] = []
        store, out = self.context.bucket, self.context.buckets.at(claim.out)
        micro_batch = self.context.settings.micro_batch
        with ThreadPoolExecutor(2, "read") as readers, ThreadPoolExecutor(2, "write") as writers:
            writing: list[Future[StepResult]] = []
            for group in _groups(self._read_all(claim, readers), micro_batch):
                lease.check()
                results += [item for _, item in group if isinstance(item, StepResult)]
                loaded = [(image, item) for image, item in group if isinstance(item, Loaded)]
                attempts = execute(prepared, [item for _, item in loaded])
                for (image, _), attempt in zip(loaded, attempts, strict=True):
                    is_shown = image.facts.is_shown_after(claim.position)
                    keep = partial(write, store, out, image, attempt, self.prefetch, is_shown=is_shown)
                    writing.append(writers.submit(keep))
                lease.images_done += len(group)
            results += [future.result() for future in writing]
        return results

    def _read_all(
        self, claim: Claim, readers: ThreadPoolExecutor
    ) -> Iterator[tuple[Image, Loaded | StepResult]]:
        """The shard's images, decoded in threads, a bounded number ahead of the work on them."""
        images = iter(claim.images)
        depth = 2 * self.context.settings.micro_batch
        pending = [(image, readers.submit(self._read, claim, image)) for image in islice(images, depth)]
        while pending:
            image, future = pending.pop(0)
            done = future.result()
            pending += [(more, readers.submit(self._read, claim, more)) for more in islice(images, 1)]
            if not pending and self.prefetch.is_wanted:  # all of this shard is read: start on the next one
                transform = claim.recipe.steps[claim.position].transform
                readers.submit(self.prefetch.fill, self.context.transforms.get(transform).queue)
            yield image, done

    def _read(self, claim: Claim, image: Image) -> Loaded | StepResult:
        started = time.perf_counter()
        seed = seed_of(claim.recipe.seed, image.sha256 or "", claim.position)
        transform = self.context.transforms.get(claim.recipe.steps[claim.position].transform)
        try:
            return read(self.context.bucket, image, seed, self.prefetch, with_original=transform.delivers)
        except (MissingObjectError, OriginalReplacedError, IntermediateError) as error:
            sentence = f"{transform.name} could not read it: {error}"
            return StepResult(
                image_id=image.id,
                seed=seed,
                seconds=time.perf_counter() - started,
                facts=image.facts,
                ending=Broken(_UNREADABLE[type(error)], sentence),
            )

    def _step_run(self, claim: Claim, prepared: PreparedStep, in_force: ModelInForce | None) -> StepRun:
        transform, model, settings = prepared.transform, prepared.model, self.context.settings
        options = claim.recipe.options_of(prepared.step)
        price = price_per_second(settings.config, settings.device)
        return StepRun(
            transform=transform.name,
            model=model.name if model else None,
            revision=model.revision if model else None,
            device=settings.device,
            cost_per_second=price or 0.0,
            is_priced=price is not None,
            judges=transform.edits or transform.delivers,
            delivers=transform.delivers,
            ends_chain=claim.is_last,
            vendor=prepared.vendor.note(),
            made_with=made_with(model, options),
            rollout_id=in_force.promoted.id if in_force and in_force.promoted else None,
        )


def _subject(claim: Claim) -> str:
    """What a trouble of this step is filed under."""
    return f"batch {claim.batch_id}: {claim.recipe.steps[claim.position].transform}"


def _groups(
    items: Iterator[tuple[Image, Loaded | StepResult]], size: int
) -> Iterator[list[tuple[Image, Loaded | StepResult]]]:
    while group := list(islice(items, size)):
        yield group


def _summary(claim: Claim, run: StepRun, results: Sequence[StepResult]) -> str:
    counts = {verdict: sum(result.verdict is verdict for result in results) for verdict in Result}
    listed = ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count)
    seconds = sum(result.seconds for result in results)
    return f"batch {claim.batch_id}, shard {claim.number}: {run.transform}: {listed or 'no image'}, {seconds:.2f} s"
