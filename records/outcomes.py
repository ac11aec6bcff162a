"""The one transaction that ends a step: records, moves, counters and the breaker, or none of them."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import insert

from line.breaker import BREAKER_OF, Breaker, Counts, after_judging
from line.errors import LeaseLostError
from line.image import Image
from line.states import BatchState, ImageState
from records import batches, shards, templates
from records.batches import Batch
from records.budget import ledger, totals
from records.grid.severity import severity
from records.metrics import batch_minutes, step_counters
from records.metrics.batch_minutes import Advance
from records.rollouts import pairs
from records.rollouts.pairs import CandidateRun
from records.shards import Claim
from records.step_results import NeedsReview, Passed, Result, StepResult, StepRun
from records.tables import batches as batch_table
from records.tables import images, steps

_DIALECT: Final = postgresql.dialect()  # type: ignore[no-untyped-call]

_STATE_AFTER = {
    Result.FLAG: ImageState.FLAGGED,
    Result.REFUSE: ImageState.REJECTED,
    Result.FAIL: ImageState.FAILED,
}

_UNHELD = re.compile("[\x00\ud800-\udfff]")  # NUL, and halves of characters (from names in another encoding)


def finish(
    connection: sa.Connection,
    claim: Claim,
    run: StepRun,
    results: Sequence[StepResult],
    candidate: CandidateRun | None = None,
) -> bool:
    """Record one step of one shard and return whether the chain goes on.

    Args:
        candidate: what the candidate of a rollout made of the same images.

    Raises:
        LeaseLostError: the shard was given to another worker meanwhile; nothing is written.
    """
    before = {image.id: image for image in claim.images}
    _insert_steps(connection, claim, run, results, before)
    batch = batches.lock(connection, claim.batch_id)
    moves = {
        result.image_id: _values(claim, run, result, before[result.image_id], batch) for result in results
    }
    _move(connection, claim, moves)
    staying = [
        result for result in results if result.has_passed and _may_go_on(batch, before[result.image_id])
    ]
    go_on = bool(staying) and not run.ends_chain and not run.delivers
    totals.add(connection, claim.batch_id, run, results)
    step_counters.add(connection, claim.batch_id, run, results)
    ledger.settle(connection, claim, _cost(run, results), is_priced=run.is_priced)
    if not shards.advance(connection, claim, go_on=go_on):
        raise LeaseLostError(f"shard {claim.shard_id} was taken back while step {claim.at} ran")
    _count(connection, claim, run, results, batch)
    if candidate is not None:  # last, because all workers of the step write this one row
        pairs.record(connection, candidate)
    return go_on


def _may_go_on(batch: Batch, image: Image) -> bool:
    return batch.state is BatchState.RUNNING or (batch.state is BatchState.PROBING and image.is_probe)


def _is_judged(run: StepRun, result: StepResult, before: Image) -> bool:
    """Whether the gates said good or bad of an edit of the line; a policy flag says neither."""
    return not before.facts.ordered and (result.is_artifact or (run.judges and result.has_passed))


def _is_artifact(result: StepResult, before: Image) -> bool:
    """Whether the line made an artifact; what a person ordered is not the line's."""
    return result.is_artifact and not before.facts.ordered


def _insert_steps(
    connection: sa.Connection,
    claim: Claim,
    run: StepRun,
    results: Sequence[StepResult],
    before: Mapping[int, Image],
) -> None:
    rows = [_step_row(claim, run, result, before[result.image_id]) for result in results]
    if rows:  # an outage may have hidden the answer to our own commit: then the rows stand there already
        connection.execute(insert(steps).on_conflict_do_nothing(constraint="steps_once"), rows)


def _step_row(claim: Claim, run: StepRun, result: StepResult, before: Image) -> dict[str, Any]:
    stored, ending, used = result.stored, result.ending, result.used or run
    facts = before.facts.to_json()
    if run.vendor is not None:
        facts["vendor"] = run.vendor.to_json()
    return {
        "image_id": result.image_id,
        "batch_id": claim.batch_id,
        "shard_id": claim.shard_id,
        "position": claim.position,
        "transform": run.transform,
        "recipe": claim.recipe.digest,
        "model": used.model,
        "revision": used.revision,
        "seed": result.seed,
        "device": run.device,
        "node": claim.owner.node,
        "input": before.picture_key,
        "input_mask": before.mask_key,
        "output": stored.picture,
        "output_mask": stored.mask,
        "touched": stored.touched,
        "facts": facts,
        "verdict": result.verdict.value,
        "reasons": _plain(ending.limits if isinstance(ending, NeedsReview) else ()),
        "readings": _plain(result.readings),
        "seconds": result.seconds,
        "cost": result.paid_seconds * run.cost_per_second,
        "made_with": _plain(used.made_with),
        "rollout_id": used.rollout_id,
    }


def _values(claim: Claim, run: StepRun, result: StepResult, before: Image, batch: Batch) -> dict[str, Any]:
    """The columns of the image after the step."""
    values: dict[str, Any] = {
        "facts": _plain(result.facts.to_json()),
        "artifact": _is_artifact(result, before),
    }
    if result.sha256:
        values["sha256"] = result.sha256
    if _is_judged(run, result, before):
        values |= {"judged": True, "counted": True}
    stored, ending = result.stored, result.ending
    if isinstance(ending, Passed):
        values |= {"current": stored.picture, "mask": stored.mask, "step": claim.position + 1, "losses": 0}
        values |= {"reason": "", "sentence": ""} | _state_after_pass(
            claim, run, ending, _may_go_on(batch, before)
        )
    else:
        values |= {"state": _STATE_AFTER[ending.verdict], "shard_id": None, "step": claim.position}
        values |= {"proposal": stored.picture, "proposal_mask": stored.mask}
        values |= {"reason": ending.reason, "sentence": _plain(ending.sentence)}
    if isinstance(ending, NeedsReview):
        values |= {"severity": severity(ending.limits), "template": _template(result)}
    return values


def _template(result: StepResult) -> int | None:
    """The vendor template by which images are alike: the first that decided one of its regions."""
    return next((region.template for region in result.facts.regions or () if region.template), None)


def _state_after_pass(claim: Claim, run: StepRun, ending: Passed, may_go_on: bool) -> dict[str, Any]:
    if run.delivers:
        state = ImageState.DELIVERED
        return {"state": state, "file": ending.file, "shard_id": None, "step": claim.position}
    if not may_go_on:
        return {"state": ImageState.HELD, "shard_id": None, "probe": False}
    return {"state": ImageState.WAITING, "shard_id": None} if run.ends_chain else {}


def _move(connection: sa.Connection, claim: Claim, moves: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the columns of each image, by its id: one statement for all images that change the same ones.

    A statement costs a round trip and fires the counters' trigger, however many images it writes.
    """
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for image_id, values in moves.items():
        alike.setdefault(tuple(sorted(values)), []).append({"id": image_id, **values})
    moved = 0
    for columns, rows in alike.items():
        statement = _update_of(columns)
        moved += connection.execute(statement, {"rows": json.dumps(rows), "shard": claim.shard_id}).rowcount
    if moved != len(moves):
        left = len(moves) - moved
        raise LeaseLostError(f"{left} images left shard {claim.shard_id} while step {claim.at} ran")


@cache
def _update_of(columns: tuple[str, ...]) -> sa.TextClause:
    """Sets these columns of the images of a shard from rows in JSON."""
    types = ", ".join(f"{name} {images.c[name].type.compile(_DIALECT)}" for name in ("id", *columns))
    assigned = ", ".join(f"{name} = new.{name}" for name in columns)
    return sa.text(
        f"UPDATE images SET {assigned} FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS new({types})"
        " WHERE images.id = new.id AND images.state = 'working' AND images.shard_id = :shard"
    )


def _cost(run: StepRun, results: Sequence[StepResult]) -> float:
    return run.cost_per_second * sum(result.paid_seconds for result in results)


def _count(
    connection: sa.Connection, claim: Claim, run: StepRun, results: Sequence[StepResult], batch: Batch
) -> None:
    """Raise the batch's cost and the breaker's counters: since it last closed, each image is judged once.

    That is at the first step that edits it. While a probe is out, only its images count.
    """
    before = {image.id: image for image in claim.images}
    probing = batch.state is BatchState.PROBING
    counting = [result for result in results if before[result.image_id].is_probe or not probing]
    pairs = [(result, before[result.image_id]) for result in counting]
    judged = sum(_is_judged(run, result, image) and not image.is_counted for result, image in pairs)
    artifacts = sum(_is_artifact(result, image) for result, image in pairs)
    batch_minutes.add(connection, batch.id, _advance(claim, run, results, judged, artifacts))
    counts = Counts(batch.judged + judged, batch.artifacts + artifacts)
    cost = _cost(run, results)
    values: dict[str, Any] = {"cost": batch_table.c.cost + cost, "worked_at": sa.func.now()}
    if run.transform == templates.FINDS:  # by the clock, which a survey reads under the same lock
        values["searched_at"] = sa.func.clock_timestamp()
    is_news = batch.state != BatchState.HALTED and (judged or artifacts)
    if is_news:
        values |= {"judged": counts.judged, "artifacts": counts.artifacts}
    connection.execute(sa.update(batch_table).where(batch_table.c.id == batch.id).values(values))
    if not is_news:
        return
    rule = claim.recipe.breaker.rule
    if after_judging(BREAKER_OF[batch.state], counts, rule) is Breaker.TRIPPED:
        reason = (
            f"{counts.artifacts} of {counts.judged} images are artifacts "
            f"({counts.rate:.0%}, threshold {rule.threshold:.0%})"
        )
        batches.halt(connection, batch.id, reason, claim.position)


def _advance(
    claim: Claim, run: StepRun, results: Sequence[StepResult], judged: int, artifacts: int
) -> Advance:
    """How much closer the step brought the batch to its end."""
    settled = sum(run.delivers or not result.has_passed for result in results)
    remaining = len(claim.recipe.steps) - claim.position
    return Advance(settled, settled * remaining + len(results) - settled, judged, artifacts)


def _plain(value: Any) -> Any:
    """``value`` with U+FFFD for characters that cannot be held and None for numbers that are none."""
    if isinstance(value, str):
        return _UNHELD.sub("\ufffd", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
