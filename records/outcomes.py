"""The one transaction that ends a step: records, moves, counters and the breaker, or none of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from line.breaker import Breaker, Counts, after_judging
from line.errors import LeaseLostError
from line.states import BatchState, ImageState
from records import batches, shards
from records.json_sanitize import plain
from records.shards import Claim
from records.tables import batches as batch_table
from records.tables import images, steps


class Result(StrEnum):
    """What a step made of an image; stands in ``steps.verdict``."""

    PASS = "pass"
    FLAG = "flag"
    REFUSE = "refuse"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did to one image.

    Attributes:
        output / mask / touched: keys in the bucket; ``output`` is the key it came with where no
            pixel changed.
        facts: what is known of the image now.
        reason, sentence: why it left the line, where it did.
        artifact: a gate found a fault (and not only a policy asked for a person).
        file: the delivered path, where the step delivered.
    """

    image_id: int
    result: Result
    seed: int
    seconds: float
    output: str | None = None
    mask: str | None = None
    touched: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    readings: Mapping[str, float] = field(default_factory=dict)
    reasons: Sequence[Mapping[str, Any]] = ()
    reason: str = ""
    sentence: str = ""
    artifact: bool = False
    sha256: str | None = None
    file: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """What ran, the same for every image of the shard.

    Attributes:
        told: facts that every image came with beside its own, for the record.
        made_with: options and weights of the model, what the step itself has trained, hardware, threads, versions of
            libraries.
    """

    transform: str
    model: str | None
    revision: str | None
    device: str
    cost_per_second: float
    judges: bool
    delivers: bool
    ends_chain: bool
    told: Mapping[str, Any] = field(default_factory=dict)
    made_with: Mapping[str, Any] = field(default_factory=dict)


def finish(connection: sa.Connection, claim: Claim, ran: Ran, results: Sequence[Done]) -> bool:
    """Write down one step of one shard and answer whether the chain goes on.

    Raises:
        LeaseLostError: the shard was given to another meanwhile; nothing is written.
    """
    before = {row.id: row for row in claim.images}
    _insert_steps(connection, claim, ran, results, before)
    batch = batches.lock(connection, claim.batch_id)
    for done in results:
        _move(connection, claim, ran, done, before[done.image_id], batch)
    passed = [done for done in results if done.result is Result.PASS]
    staying = [done for done in passed if _may_go_on(batch, before[done.image_id])]
    go_on = bool(staying) and not ran.ends_chain and not ran.delivers
    if not shards.advance(connection, claim, go_on=go_on):
        raise LeaseLostError(f"shard {claim.shard_id} was taken back while step {claim.at} ran")
    _count(connection, claim, ran, results, before, batch)
    return go_on


def _may_go_on(batch: sa.Row[Any], image: sa.Row[Any]) -> bool:
    return bool(batch.state == BatchState.RUNNING) or (
        batch.state == BatchState.PROBING and bool(image.probe)
    )


def _is_judged(ran: Ran, done: Done) -> bool:
    """Whether the gates said good or bad of an edit; a policy flag says neither."""
    return done.artifact or (ran.judges and done.result is Result.PASS)


def _insert_steps(
    connection: sa.Connection,
    claim: Claim,
    ran: Ran,
    results: Sequence[Done],
    before: Mapping[int, sa.Row[Any]],
) -> None:
    rows = [
        {
            "image_id": done.image_id,
            "batch_id": claim.batch_id,
            "shard_id": claim.shard_id,
            "position": claim.position,
            "transform": ran.transform,
            "recipe": claim.recipe.digest,
            "model": ran.model,
            "revision": ran.revision,
            "seed": done.seed,
            "device": ran.device,
            "node": claim.owner.node,
            "input": before[done.image_id].current,
            "input_mask": before[done.image_id].mask,
            "output": done.output,
            "output_mask": done.mask,
            "touched": done.touched,
            "facts": before[done.image_id].facts | dict(ran.told),
            "verdict": done.result.value,
            "reasons": plain(done.reasons),
            "readings": plain(done.readings),
            "seconds": done.seconds,
            "cost": done.seconds * ran.cost_per_second,
            "made_with": plain(ran.made_with),
        }
        for done in results
    ]
    if rows:  # an outage may have hidden the answer to our own commit: then the rows stand there already
        connection.execute(insert(steps).on_conflict_do_nothing(constraint="steps_once"), rows)


def _move(
    connection: sa.Connection, claim: Claim, ran: Ran, done: Done, image: sa.Row[Any], batch: sa.Row[Any]
) -> None:
    values: dict[str, Any] = {"facts": plain(done.facts)}
    if done.sha256:
        values["sha256"] = done.sha256
    if done.result is Result.PASS:
        values |= {"current": done.output, "mask": done.mask, "step": claim.position + 1, "losses": 0}
        if ran.delivers:
            values |= {
                "state": ImageState.DELIVERED,
                "file": done.file,
                "shard_id": None,
                "step": claim.position,
            }
        elif not _may_go_on(batch, image):
            values |= {"state": ImageState.HELD, "shard_id": None, "probe": False}
        elif ran.ends_chain:
            values |= {"state": ImageState.WAITING, "shard_id": None}
    else:
        state = {
            Result.FLAG: ImageState.FLAGGED,
            Result.REFUSE: ImageState.REJECTED,
            Result.FAIL: ImageState.FAILED,
        }[done.result]
        values |= {"state": state, "shard_id": None, "step": claim.position}
        values |= {"proposal": done.output, "proposal_mask": done.mask}
    values |= {"reason": done.reason, "sentence": plain(done.sentence), "artifact": done.artifact}
    if _is_judged(ran, done):
        values |= {"judged": True, "counted": True}
    moved = connection.execute(
        sa.update(images)
        .where(
            images.c.id == done.image_id,
            images.c.state == ImageState.WORKING,
            images.c.shard_id == claim.shard_id,
        )
        .values(values)
    )
    if moved.rowcount != 1:
        raise LeaseLostError(f"image {done.image_id} left shard {claim.shard_id} while step {claim.at} ran")


def _count(
    connection: sa.Connection,
    claim: Claim,
    ran: Ran,
    results: Sequence[Done],
    before: Mapping[int, sa.Row[Any]],
    batch: sa.Row[Any],
) -> None:
    """Raise the breaker's counters: since it last closed, each image is judged once.

    That is at the first step that edits it. While a probe is out, only its images count.
    """
    probing = batch.state == BatchState.PROBING
    counting = [done for done in results if before[done.image_id].probe or not probing]
    judged = sum(_is_judged(ran, done) and not before[done.image_id].counted for done in counting)
    artifacts = sum(done.artifact for done in counting)
    if batch.state == BatchState.HALTED or not (judged or artifacts):
        return
    counts = Counts(batch.judged + judged, batch.artifacts + artifacts)
    connection.execute(
        sa.update(batch_table)
        .where(batch_table.c.id == batch.id)
        .values(judged=counts.judged, artifacts=counts.artifacts)
    )
    rule = claim.recipe.breaker.rule
    if after_judging(batches.BREAKER[batch.state], counts, rule) is Breaker.TRIPPED:
        reason = (
            f"{counts.artifacts} of {counts.judged} images are artifacts "
            f"({counts.rate:.0%}, threshold {rule.threshold:.0%})"
        )
        batches.halt(connection, batch.id, reason, claim.position)
