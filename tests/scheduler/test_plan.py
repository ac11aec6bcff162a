"""Planning: shards only as the window has room, fair between batches, every image in one of them."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import sqlalchemy as sa

from line.recipe import Recipe
from records import batches, recipes
from records.batches import Batch
from scheduler.plan import plan
from tasks.recipes import check
from tests.harness import db_builders
from tests.harness.context import models, registry, transact

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _alone(records: object) -> None:
    """No other batch has work, and each queue has two workers."""
    db_builders.end_all_work()
    db_builders.hire(admit=2, erase_text=2, deliver=2)


def recipe(shard: int = 4, window: int = 2, pixels: float = 32) -> Recipe:
    text = 'name = "planned"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in db_builders.STEPS)
    text += f"[dispatch]\nshard_images = {shard}\nwindow = {window}\nshard_megapixels = {pixels}\n"
    return check(text, "planned.toml", registry(), models())


def go() -> list[int]:
    return transact(partial(plan, transforms=registry()))


def sizes(batch: int) -> list[int]:
    return [row.images for row in db_builders.open_shards(batch)]


def test_only_as_many_shards_as_the_window_holds() -> None:
    batch = db_builders.batch(200, recipe(shard=4, window=2))
    assert len(go()) == 2 * 2
    assert sizes(batch) == [4, 4, 4, 4]
    assert go() == []
    assert db_builders.states(batch) == {"working": 16, "waiting": 184}


def test_a_finished_shard_makes_room_for_one_more() -> None:
    batch = db_builders.batch(200, recipe())
    first, *_ = go()
    db_builders.through(first, 1)
    assert go() == []  # it is ahead on the later queues still
    db_builders.through(first)
    assert len(go()) == 1
    assert db_builders.states(batch)["working"] == 16


def test_the_slowest_queue_bounds_them_all() -> None:
    db_builders.execute("DELETE FROM workers WHERE node = 'deliver-1@here'")
    db_builders.batch(200, recipe())
    assert len(go()) == 2


def test_nothing_is_sent_where_nobody_works() -> None:
    db_builders.execute("DELETE FROM workers WHERE node LIKE 'deliver%'")
    batch = db_builders.batch(20, recipe())
    assert go() == []
    assert db_builders.states(batch) == {"waiting": 20}


def test_a_small_batch_is_not_starved_by_a_huge_one() -> None:
    huge = db_builders.batch(400, recipe())
    go()
    small = db_builders.batch(8, recipe())
    assert go() == []
    first = db_builders.open_shards(huge)[0].id
    db_builders.through(first)
    go()
    assert len(sizes(small)) == 1


def test_two_batches_that_come_together_share_the_window() -> None:
    both = db_builders.batch(100, recipe()), db_builders.batch(100, recipe())
    go()
    assert [len(sizes(batch)) for batch in both] == [2, 2]


def test_what_one_batch_cannot_use_the_other_gets() -> None:
    small, huge = db_builders.batch(2, recipe()), db_builders.batch(100, recipe())
    go()
    assert sum(sizes(small)) == 2
    assert len(sizes(small)) + len(sizes(huge)) == 4


def test_every_image_is_in_one_shard_and_none_is_left_behind() -> None:
    batch = db_builders.batch(53, recipe())
    carried: Counter[int] = Counter()
    for _ in range(60):
        for shard in go():
            carried.update(row.id for row in db_builders.rows(batch) if row.shard_id == shard)
            db_builders.through(shard)
        if db_builders.states(batch) == {"delivered": 53}:
            break
    assert db_builders.states(batch) == {"delivered": 53}
    assert set(carried.values()) == {1}
    assert len(carried) == 53


def test_shards_become_smaller_at_the_end_so_that_all_workers_end_together() -> None:
    batch = db_builders.batch(10, recipe(shard=8))
    go()
    assert sizes(batch) == [3, 3, 3, 1]


def test_a_shard_holds_no_more_pixels_than_it_may() -> None:
    batch = db_builders.batch(40, recipe(shard=8, pixels=3.5))  # each about 1 megapixel by its bytes
    go()
    assert sizes(batch) == [3, 3, 3, 3]


def test_one_image_above_the_limit_travels_alone_and_fills_the_window_like_any_other() -> None:
    batch = db_builders.batch(200, recipe(shard=8, pixels=0.5))
    go()
    assert sizes(batch) == [1, 1, 1, 1]


def test_images_of_different_size_travel_apart() -> None:
    from dataclasses import replace

    files = [
        replace(db_builders.named(f"p{i:02}.jpg"), size=300_000 * (20 if i % 2 else 1)) for i in range(40)
    ]
    batch = db_builders.batch(files, recipe(pixels=1000))
    go()
    by_shard: dict[int, set[int]] = {}
    for row in db_builders.rows(batch, "working"):
        by_shard.setdefault(row.shard_id, set()).add(row.bytes)
    assert [len(shards) for shards in by_shard.values()] == [1] * 4


def test_images_further_on_go_first() -> None:
    batch = db_builders.batch(20, recipe())
    ids = [row.id for row in db_builders.rows(batch)]
    db_builders.execute("UPDATE images SET step = 2 WHERE id = :id", id=ids[-1])
    go()
    assert db_builders.open_shards(batch)[0].transforms == ["deliver"]


def test_a_few_images_wait_for_their_followers_unless_a_worker_is_idle() -> None:
    batch = db_builders.batch(20, recipe())
    ids = [row.id for row in db_builders.rows(batch)]
    for image in ids[:3]:
        db_builders.execute(
            'UPDATE images SET step = 2, facts = \'{"width": 9, "height": 9}\' WHERE id = :id', id=image
        )
    go()
    tails = [row for row in db_builders.open_shards(batch) if row.transforms == ["deliver"]]
    assert sum(row.images for row in tails) >= 1


def test_two_schedulers_that_plan_at_once_put_no_image_into_two_shards() -> None:
    db_builders.hire(admit=20, erase_text=20, deliver=20)
    batch = db_builders.batch(120, recipe())
    with ThreadPoolExecutor(4) as pool:
        planned = [shard for future in [pool.submit(go) for _ in range(8)] for shard in future.result(60)]
    assert len(planned) == len(set(planned))
    carried = sum(row.images for row in db_builders.open_shards(batch))
    assert carried == db_builders.states(batch)["working"]
    assert len(planned) == len(db_builders.open_shards(batch))


def test_a_halted_batch_is_not_planned_and_a_probing_one_only_with_its_probe() -> None:
    batch = db_builders.batch(60, recipe())
    transact(lambda connection: batches.halt(connection, batch, "by hand"))
    assert go() == []
    transact(lambda connection: batches.probe(connection, batch, 5))
    go()
    assert sum(sizes(batch)) == 5
    assert db_builders.states(batch) == {"working": 5, "held": 55}


def test_an_accepted_image_of_the_last_step_is_planned_to_be_delivered() -> None:
    from records import decisions

    batch = db_builders.flagged(1, recipe(), step=2)
    image = db_builders.rows(batch)[0].id
    transact(lambda connection: decisions.accept(connection, image, (), 2))
    go()
    assert [row.transforms for row in db_builders.open_shards(batch)] == [["deliver"]]


def test_a_batch_that_cannot_be_planned_halts_and_the_others_go_on() -> None:
    broken = db_builders.batch(4, db_builders.recipe_of(("admit", "a_transform_that_was_removed", "deliver")))
    sound = db_builders.batch(4, recipe())
    go()
    assert db_builders.head(broken).state == "halted"
    assert "a_transform_that_was_removed" in db_builders.head(broken).halt_reason
    assert sum(sizes(sound)) == 4


def test_a_recipe_that_is_replaced_while_shards_are_chosen_counts_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = recipe(), recipe(shard=3)
    batch = db_builders.batch(8, before)
    transact(partial(recipes.save, recipe=before))
    replace = partial(recipes.replace, batch_id=batch, digest=before.digest, other=after)
    lock = batches.lock

    def replaced_before(connection: sa.Connection, batch_id: int) -> Batch:
        monkeypatch.setattr(batches, "lock", lock)
        transact(partial(replace, person="person:ada", why="slot reverted"))
        return lock(connection, batch_id)

    monkeypatch.setattr(batches, "lock", replaced_before)
    assert go()
    assert {row.recipe for row in db_builders.open_shards(batch)} == {after.digest}
