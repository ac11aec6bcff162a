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
from typing import Any

import sqlalchemy as sa

from imaging.intermediate import IntermediateError
from line.errors import LeaseLostError, ModelError, ServiceError
from line.recipe import Step, seed_of
from line.settings import settings
from models.contract import Model
from records import outcomes, shards, templates, troubles
from records.database import transact
from records.outcomes import Done, Ran, Result
from records.process_identity import process_identity
from records.shards import Claim, Owner
from records.storage import withdrawals
from records.storage.bucket import MissingObjectError, bucket
from records.troubles import TroubleKind
from tasks.registry import registry
from tasks.runner.execute import attempt
from tasks.runner.io import Loaded, OriginalReplacedError, read, store
from tasks.runner.lease import Lease
from tasks.runner.prefetch import read_ahead, wanted
from tasks.transform import Transform
from worker.costs import per_second
from worker.logs import log_context
from worker.model_cache import resident
from worker.provenance import made_with

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a step ended: ``go_on`` where the chain's next message is to be sent."""

    go_on: bool
    summary: str
    batch: int | None = None


def run_step(shard_id: int, at: int, node: str) -> Ended:
    """Do step ``at`` of a shard, unless it is done already or in other hands.

    Raises:
        ServiceError: Postgres or the bucket stayed away; the shard was given back for another try.
        ModelError: the step's model is not ready on this worker; given back likewise.
    """
    owner = Owner(node, socket.gethostname(), os.getpid(), process_identity(), process_identity(os.getppid()))
    lease = settings().lease_seconds
    claim = transact(lambda connection: shards.claim(connection, shard_id, at, owner, lease))
    if claim is None:
        passed = transact(lambda connection: shards.is_past(connection, shard_id, at))
        return Ended(passed, "done before" if passed else "nothing to do")
    try:
        with Lease(claim, lease) as held, log_context(batch=claim.batch_id):
            return _work(claim, held)
    except LeaseLostError as error:
        transact(partial(_may_have_written, claim))
        return Ended(False, str(error))
    except (ModelError, ServiceError) as error:
        sentence = str(error)

        def give_back(connection: sa.Connection) -> None:
            shards.release(connection, shard_id, owner)
            _may_have_written(claim, connection)
            troubles.report(connection, TroubleKind.STEP, _subject(claim), sentence, claim.batch_id)

        transact(give_back)
        raise


def _subject(claim: Claim) -> str:
    return f"batch {claim.batch_id}: {claim.recipe.steps[claim.position].transform}"


def _may_have_written(claim: Claim, connection: sa.Connection) -> None:
    """Note the files that a step which did not end may have put into the delivered folder."""
    if registry().get(claim.recipe.steps[claim.position].transform).delivers:
        withdrawals.note(connection, claim.batch_id, (image.file for image in claim.images), certain=False)


def _work(claim: Claim, held: Lease) -> Ended:
    step = claim.recipe.steps[claim.position]
    transform = registry().get(step.transform)
    model = (
        resident(step.model, transform.task, claim.recipe.options_of(step))
        if step.model and transform.task
        else None
    )
    vendor = transact(partial(templates.told, batch_id=claim.batch_id)) if transform.asks_vendor else {}
    results: list[Done] = []
    with ThreadPoolExecutor(2, "read") as readers, ThreadPoolExecutor(2, "write") as writers:
        writing: list[Future[Done]] = []
        for group in _groups(_ahead(claim, transform, vendor, readers), settings().micro_batch):
            held.check()
            loaded = [item for item in group if isinstance(item, Loaded)]
            results += [item for item in group if isinstance(item, Done)]
            for tried in attempt(transform, model, step, claim.recipe, loaded):
                writing.append(writers.submit(store, claim, tried))
        results += [future.result() for future in writing]
    held.check()
    ran = _what_ran(claim, step, transform, model, vendor)
    go_on = transact(lambda connection: outcomes.finish(connection, claim, ran, results))
    if claim.failures:
        transact(partial(troubles.resolve, kind=TroubleKind.STEP, subject=_subject(claim)))
    return Ended(go_on, _summary(claim, transform, results), claim.batch_id)


def _ahead(
    claim: Claim, transform: Transform, vendor: Mapping[str, Any], readers: ThreadPoolExecutor
) -> Iterator[Loaded | Done]:
    """The shard's images, decoded in threads while earlier ones are worked on, a bounded number ahead."""
    images = iter(claim.images)
    depth = 2 * settings().micro_batch
    pending = [readers.submit(_load, claim, transform, vendor, image) for image in islice(images, depth)]
    while pending:
        done = pending.pop(0).result()
        pending += [readers.submit(_load, claim, transform, vendor, image) for image in islice(images, 1)]
        if not pending and wanted():  # all of this shard is read: the readers turn to the next
            readers.submit(read_ahead, transform.queue)
        yield done


def _load(
    claim: Claim, transform: Transform, vendor: Mapping[str, Any], image: shards.Member
) -> Loaded | Done:
    started = time.perf_counter()
    seed = seed_of(claim.recipe.seed, image.sha256 or "", claim.position)
    try:
        return read(bucket(settings().bucket), image, seed, vendor, with_original=transform.delivers)
    except (MissingObjectError, OriginalReplacedError, IntermediateError) as error:
        return Done(
            image.id,
            Result.FAIL,
            seed,
            time.perf_counter() - started,
            facts=image.facts,
            reason=_UNREADABLE[type(error)],
            sentence=f"{transform.name} could not read it: {error}",
        )


_UNREADABLE: Mapping[type[Exception], str] = {
    MissingObjectError: "object_missing",
    OriginalReplacedError: "original_replaced",
    IntermediateError: "object_damaged",
}


def _groups(items: Iterator[Loaded | Done], size: int) -> Iterator[list[Loaded | Done]]:
    while group := list(islice(items, size)):
        yield group


def _what_ran(
    claim: Claim, step: Step, transform: Transform, model: Model | None, vendor: Mapping[str, Any]
) -> Ran:
    return Ran(
        transform=transform.name,
        model=model.name if model else None,
        revision=model.revision if model else None,
        device=settings().device,
        cost_per_second=per_second(settings().device),
        judges=transform.edits or transform.delivers,
        delivers=transform.delivers,
        ends_chain=claim.is_last,
        told=templates.in_short(vendor),
        made_with=made_with(model, claim.recipe.options_of(step), transform.trained),
    )


def _summary(claim: Claim, transform: Transform, results: Sequence[Done]) -> str:
    counts = {result: sum(done.result is result for done in results) for result in Result}
    said = ", ".join(f"{count} {result}" for result, count in counts.items() if count)
    seconds = sum(done.seconds for done in results)
    return (
        f"batch {claim.batch_id}, shard {claim.number}: {transform.name}: {said or 'nobody'}, {seconds:.2f} s"
    )
