"""Batches in the records, moved by hand: what intake, planner and workers would write, without any of them."""

import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from line.facts import Facts
from line.recipe import Recipe, parse
from records import batches, outcomes, recipes, shards, workers
from records.batches import NewBatch, NewImage
from records.shards import Claim, NewShard, Owner, Route
from records.step_results import Broken, NeedsReview, Passed, Rejected, StepResult, StepRun, StoredKeys
from records.tables import batches as batch_table
from records.tables import events, images
from records.tables import shards as shard_table
from records.workers import WorkerProcess
from tests.harness.context import transact

NOWHERE = (Path(tempfile.gettempdir()) / "sluice-nowhere").as_uri()
ME = Owner("me@here", "here", 4711, "boot/1/4711/1")
OTHER = Owner("other@there", "there", 4712, "elsewhere/1/4712/1")
STEPS = ("admit", "sabotage", "deliver")
QUEUES = ("admit", "erase_text", "deliver")


def recipe_of(
    steps: Sequence[str] = STEPS, *, min_judged: int = 40, probe: int = 4, **dispatch: int
) -> Recipe:
    """A recipe whose form is right; nobody asks here whether its transforms exist."""
    text = f'name = "books"\nbreaker = {{ min_judged = {min_judged}, probe = {probe} }}\n'
    text += "dispatch = { " + ", ".join(f"{key} = {value}" for key, value in dispatch.items()) + " }\n"
    return parse(text + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in steps))


def record(
    files: int | Iterable[NewImage] = 4, recipe: Recipe | None = None, *, digest: str = "", out: str = ""
) -> int | None:
    """A batch of so many images, or of these files."""
    recipe = recipe or recipe_of()
    new = NewBatch(
        "acme", "spring", "ingest/acme/spring", digest or uuid4().hex, recipe.digest, out or NOWHERE
    )
    listed = [named(f"photo{i:04}.jpg") for i in range(files)] if isinstance(files, int) else files

    def work(connection: sa.Connection) -> int | None:
        recipes.save(connection, recipe)
        return batches.record(connection, new, listed)

    return transact(work)


def batch(files: int | Iterable[NewImage] = 4, recipe: Recipe | None = None, **more: str) -> int:
    """:func:`record` of one that is new."""
    batch_id = record(files, recipe, **more)
    assert batch_id is not None
    return batch_id


def batch_of(image: int) -> int:
    """The batch of an image."""
    return int(str(execute("SELECT batch_id FROM images WHERE id = :id", id=image).scalar()))


def named(name: str, file: str = "") -> NewImage:
    return NewImage(name, f"ingest/acme/spring/{name}", 300_000, file or name)


def shard(
    batch_id: int, image_ids: Iterable[int] | None = None, *, at: int = 0, steps: Sequence[str] = STEPS
) -> int:
    """Put images (all that wait, where none are named) into one shard, with the rest of the route before it."""
    chosen = tuple(image_ids) if image_ids is not None else tuple(row.id for row in rows(batch_id, "waiting"))
    queues = ("admit", *("erase_text" for _ in steps[1:-1]), "deliver")
    path = Route(tuple(range(len(steps))), tuple(steps), queues).rest(at)

    def work(connection: sa.Connection) -> int:
        row = batches.lock(connection, batch_id)
        return shards.create(connection, [NewShard(batch_id, row.recipe, path, chosen, 0.1 * len(chosen))])[0]

    return transact(work)


def claim(shard_id: int, at: int = 0, owner: Owner = ME, lease: float = 60.0) -> Claim:
    """Claim a shard that must be free."""
    taken = try_claim(shard_id, at, owner, lease)
    assert taken is not None
    return taken


def try_claim(shard_id: int, at: int = 0, owner: Owner = ME, lease: float = 60.0) -> Claim | None:
    return transact(lambda connection: shards.claim(connection, shard_id, at, owner, lease))


def results(
    taken: Claim, bad: Iterable[int] = (), readings: Mapping[str, float] | None = None
) -> list[StepResult]:
    """Every image of a claim passes, but those in ``bad`` (ids), which are flagged for an artifact."""
    flagged = set(bad)
    stored = {image.id: StoredKeys(f"objects/{image.id}-{taken.position}") for image in taken.images}
    return [
        StepResult(
            image_id=image.id,
            seed=1,
            seconds=0.5,
            facts=Facts(width=90, height=60),
            ending=NeedsReview("sabotage.sabotaged", "", is_artifact=True, stored=stored[image.id])
            if image.id in flagged
            else Passed(stored[image.id], image.file),
            readings={"sharp": 1.5} if readings is None else readings,
            sha256=f"{image.id:064x}",
        )
        for image in taken.images
    ]


def flag(result: StepResult, reason: str = "", sentence: str = "") -> StepResult:
    """The same image, flagged by policy."""
    return replace(result, ending=NeedsReview(reason, sentence, stored=result.stored))


def refuse(result: StepResult, reason: str = "", sentence: str = "") -> StepResult:
    """The same image, refused."""
    return replace(result, ending=Rejected(reason, sentence))


def fail(result: StepResult, reason: str = "", sentence: str = "") -> StepResult:
    """The same image, on which the step failed."""
    return replace(result, ending=Broken(reason, sentence))


def ran(taken: Claim) -> StepRun:
    transform = taken.recipe.steps[taken.position].transform
    return StepRun(
        transform=transform,
        model=None,
        revision=None,
        device="cpu",
        cost_per_second=0.01,
        judges=transform != "admit",
        delivers=transform == "deliver",
        ends_chain=taken.is_last,
    )


def finish(taken: Claim, done: Sequence[StepResult] | None = None, *, bad: Iterable[int] = ()) -> bool:
    """End a claimed step."""
    what = results(taken, bad) if done is None else done
    return transact(lambda connection: outcomes.finish(connection, taken, ran(taken), what))


def through(shard_id: int, upto: int = 3, *, bad: Iterable[int] = ()) -> None:
    """Take a shard through steps ``0..upto``; those in ``bad`` are flagged at the last of them."""
    for at in range(upto):
        if taken := try_claim(shard_id, at):
            finish(taken, bad=bad if at == upto - 1 else ())


def delivered(files: int | Iterable[NewImage] = 1, recipe: Recipe | None = None, **more: str) -> int:
    """A batch that is done: every image delivered."""
    batch_id = batch(files, recipe, **more)
    through(shard(batch_id))
    assert transact(lambda connection: batches.close(connection, batch_id))
    return batch_id


def flagged(files: int | Iterable[NewImage] = 1, recipe: Recipe | None = None, *, step: int = 1) -> int:
    """A batch that is done: every image flagged at a step."""
    batch_id = batch(files, recipe)
    through(shard(batch_id), step + 1, bad=[row.id for row in rows(batch_id)])
    assert transact(lambda connection: batches.close(connection, batch_id))
    return batch_id


def rows(batch_id: int, state: str | None = None) -> list[sa.Row[Any]]:
    query = sa.select(images).where(images.c.batch_id == batch_id).order_by(images.c.id)
    if state:
        query = query.where(images.c.state == state)
    return transact(lambda connection: list(connection.execute(query)))


def states(batch_id: int) -> dict[str, int]:
    counts: dict[str, int] = {}
    for row in rows(batch_id):
        counts[str(row.state)] = counts.get(str(row.state), 0) + 1
    return counts


def head(batch_id: int) -> sa.Row[Any]:
    """The batch's own row."""
    return transact(
        lambda connection: connection.execute(
            sa.select(batch_table).where(batch_table.c.id == batch_id)
        ).one()
    )


def open_shards(batch_id: int) -> list[sa.Row[Any]]:
    query = sa.select(shard_table).where(shard_table.c.batch_id == batch_id, shard_table.c.state == "open")
    return transact(lambda connection: list(connection.execute(query.order_by(shard_table.c.number))))


def moves(image_id: int) -> list[tuple[str, str, str]]:
    """(old, new, actor) of each event of an image."""
    query = sa.select(events).where(events.c.image_id == image_id).order_by(events.c.id)
    return transact(lambda connection: [(r.old, r.new, r.actor) for r in connection.execute(query)])


def execute(statement: str, **values: Any) -> sa.CursorResult[Any]:
    """What somebody at a psql prompt might do."""
    return transact(lambda connection: connection.execute(sa.text(statement), values))


def end_all_work() -> None:
    """No batch has work, and no worker lives."""
    execute("UPDATE batches SET state = 'done' WHERE state = 'running'")
    execute("UPDATE batches SET state = 'halted' WHERE state = 'probing'")
    execute("UPDATE shards SET state = 'done'")
    execute("DELETE FROM workers")


def hire(**queues: int) -> None:
    """Live workers: so many on each queue."""
    for queue, count in queues.items():
        for number in range(count):
            worker = WorkerProcess(f"{queue}-{number}@here", "", "here", 1, (queue,))
            transact(partial(workers.beat, worker=worker))
