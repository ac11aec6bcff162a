"""Planning: waiting images become shards, only as many as the window has room for, fair between batches."""

import logging
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from line.recipe import DispatchTable, Recipe
from line.states import BatchState
from records import batches, recipes, shards, workers
from records.batches import Batch
from records.queries import waiting
from records.queries.waiting import WaitingImage
from records.shards import NewShard, Route
from scheduler import budget
from scheduler.budget import Spending
from scheduler.route import certain_queues, megapixels, route, size_class
from tasks.registry import DeclarationRegistry

log = logging.getLogger(__name__)

_PLAN_LOCK = 0x5105CF  # one scheduler plans at a time; another one's round is simply empty


@dataclass(slots=True)
class Window:
    """How many more shards each queue takes: a multiple of its live workers, less what is in flight.

    A shard counts on every queue that still lies before it, so a fast step cannot flood a slow one.
    """

    crew: list[frozenset[str]]
    """The queues that each live worker serves."""
    ahead: Counter[str] = field(default_factory=Counter)
    current: Counter[str] = field(default_factory=Counter)
    of_batch: Counter[int] = field(default_factory=Counter)
    stuck: Counter[tuple[int, str]] = field(default_factory=Counter)
    """Shards of a batch before a queue that nobody could do: they take room from their own batch alone."""

    def fits(self, batch_id: int, queues: Sequence[str], window: int) -> bool:
        return all(
            self.ahead[queue] + self.stuck[batch_id, queue] < window * self.hands(queue) for queue in queues
        )

    def hands(self, queue: str) -> int:
        """How many live workers serve a queue."""
        return sum(queue in served for served in self.crew)

    def starves(self, queues: Sequence[str]) -> bool:
        """Whether a worker of the first queue has nothing to do, on any of the queues it serves."""
        able = [served for served in self.crew if queues[0] in served]
        within_reach = frozenset[str]().union(*able)
        return sum(self.current[queue] for queue in within_reach) < len(able)

    def take(self, batch_id: int, queues: Sequence[str]) -> None:
        self.ahead.update(queues)
        self.current.update(queues[:1])
        self.of_batch[batch_id] += 1


def plan(
    connection: sa.Connection, transforms: DeclarationRegistry[Any], spending: Spending | None = None
) -> list[int]:
    """One round: record the shards there is room for and answer their ids, to be published after commit.

    Args:
        transforms: name the queues, and say which images need which steps.
        spending: fits the shards into budgets; None: nothing is limited.
    """
    if not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_PLAN_LOCK))):
        return []
    window = Window(workers.crew(connection))
    for in_flight in shards.in_flight(connection):
        if in_flight.is_stuck:
            window.stuck.update((in_flight.batch_id, queue) for queue in in_flight.queues_left)
        else:
            window.take(in_flight.batch_id, in_flight.queues_left)
    run_by = recipes.in_effect(connection)
    offers = {
        batch.id: _offers(connection, batch, window, transforms, run_by)
        for batch in batches.open_ones(connection)
    }
    chosen: dict[int, list[NewShard]] = defaultdict(list)
    while offers:
        batch_id = min(offers, key=lambda batch_id: (window.of_batch[batch_id], batch_id))
        shard = _next(connection, batch_id, offers[batch_id])
        if shard is None:
            del offers[batch_id]
            continue
        window.take(batch_id, shard.route.queues)
        chosen[batch_id].append(shard)
    # all locks before the first reservation: whoever ends a step takes its batch first and the accounts after it
    locked = {batch_id: batches.lock(connection, batch_id) for batch_id in sorted(chosen)}
    current = _by_recipes_of_now(connection, chosen, run_by)
    shard_ids: list[int] = []
    for batch_id, batch in locked.items():
        shard_ids += _record(connection, batch, current[batch_id], spending)
    return shard_ids


def _by_recipes_of_now(
    connection: sa.Connection,
    chosen: Mapping[int, list[NewShard]],
    run_by: Mapping[tuple[int, str], str],
) -> dict[int, list[NewShard]]:
    """The shards of locked batches by the recipes that are in effect now.

    While they were chosen, a slot may have been reverted; whoever does that locks the batches, so no later revert can
    come before the shards are recorded.

    Args:
        run_by: the recipes by which the shards were chosen.
    """
    now = recipes.in_effect(connection) if chosen else run_by
    changed = {
        (batch_id, run_by.get((batch_id, digest), digest)): runs_as
        for (batch_id, digest), runs_as in now.items()
        if run_by.get((batch_id, digest), digest) != runs_as
    }
    if not changed:
        return dict(chosen)
    return {
        batch_id: [
            replace(shard, recipe=changed.get((batch_id, shard.recipe), shard.recipe)) for shard in new
        ]
        for batch_id, new in chosen.items()
    }


def _next(connection: sa.Connection, batch_id: int, offers: Iterator[NewShard]) -> NewShard | None:
    """The next offer; a batch whose recipe or facts cannot be planned halts, and the others go on."""
    try:
        return next(offers, None)
    except DBAPIError:
        raise
    except Exception as error:
        log.exception("batch %d cannot be planned", batch_id, extra={"batch": batch_id})
        batches.halt(connection, batch_id, f"it cannot be planned: {type(error).__name__}: {error}")
        return None


def _record(
    connection: sa.Connection, batch: Batch, new: list[NewShard], spending: Spending | None
) -> list[int]:
    """Record the shards of one locked batch that it can pay for, unless it was halted while they were being chosen."""
    if batch.state not in (BatchState.RUNNING, BatchState.PROBING):
        return []
    still = waiting.still(connection, [image_id for shard in new for image_id in shard.image_ids])
    still_waiting = [shard for shard in new if still.issuperset(shard.image_ids)]
    if spending is None or not still_waiting:
        return shards.create(connection, still_waiting)
    affordable = spending.fit(connection, batch, still_waiting)
    if affordable.refusal:
        batches.halt(connection, batch.id, affordable.refusal)
        return []
    created = shards.create(connection, [priced.shard for priced in affordable.shards])
    budget.record(connection, dict(zip(created, affordable.shards, strict=True)), affordable.month)
    return created


def _offers(
    connection: sa.Connection,
    batch: Batch,
    window: Window,
    transforms: DeclarationRegistry[Any],
    run_by: Mapping[tuple[int, str], str],
) -> Iterator[NewShard]:
    """Shards that a batch could start now, the most advanced images first.

    Args:
        run_by: recipes that took the place of others; see :func:`records.recipes.in_effect`.
    """
    probing = batch.state == BatchState.PROBING
    fronts = waiting.fronts(connection, batch.id, probing=probing)
    for recipe_digest, position in fronts:
        shard_recipe = run_by.get((batch.id, recipe_digest), recipe_digest)
        recipe = recipes.load(connection, shard_recipe)
        rule = recipe.dispatch
        if not window.fits(batch.id, certain_queues(recipe, position, transforms), rule.window):
            continue
        images = waiting.images_at(
            connection, batch.id, recipe_digest, position, probing=probing, limit=8 * rule.shard_images
        )
        complete = len(images) == 8 * rule.shard_images
        behind = any(step < position for _, step in fronts)
        last = not complete and not behind and not waiting.travelling(connection, batch.id, position)
        queue = transforms.get(recipe.steps[position].transform).queue
        size = _tail_size(len(images), rule, window.hands(queue)) if last else rule.shard_images
        for (path, _), members in _grouped(recipe, position, images, transforms).items():
            for part, full in _parts(members, size, rule.shard_megapixels):
                if not path.queues or not window.fits(batch.id, path.queues, rule.window):
                    break
                if not full and not last and not window.starves(path.queues):
                    break
                pixels = sum(megapixels(image.facts, image.bytes) for image in part)
                ids = tuple(image.id for image in part)
                yield NewShard(batch.id, shard_recipe, path, ids, pixels)


def _tail_size(count: int, rule: DispatchTable, workers: int) -> int:
    """Smaller shards towards the end, so that all workers end at about the same time.

    Guided self-scheduling (Polychronopoulos and Kuck, 1987).
    """
    return max(1, min(rule.shard_images, math.ceil(count / (2 * max(1, workers)))))


def _grouped(
    recipe: Recipe, position: int, images: Sequence[WaitingImage], transforms: DeclarationRegistry[Any]
) -> dict[tuple[Route, int], list[WaitingImage]]:
    groups: dict[tuple[Route, int], list[WaitingImage]] = defaultdict(list)
    for image in images:
        path = route(recipe, position, image.facts, transforms)
        groups[path, size_class(megapixels(image.facts, image.bytes))].append(image)
    return groups


def _parts(
    members: Sequence[WaitingImage], size: int, pixels: float
) -> Iterator[tuple[list[WaitingImage], bool]]:
    """Cut into parts of at most ``size`` images and ``pixels`` megapixels, one image at least.

    Each comes with whether it is full: no image that follows would have fitted into it.
    """
    part: list[WaitingImage] = []
    total = 0.0
    for image in members:
        more = megapixels(image.facts, image.bytes)
        if part and (len(part) == size or total + more > pixels):
            yield part, True
            part, total = [], 0.0
        part.append(image)
        total += more
    if part:
        yield part, len(part) == size
