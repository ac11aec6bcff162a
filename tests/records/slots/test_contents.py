"""What a slot holds, how it is switched and taken back, and what that means for batches that run."""

from functools import partial
from uuid import uuid4

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.recipe import Recipe, parse
from records import decisions, recipes
from records.slots import batch_changes, contents
from records.slots.contents import Content, Evidence, Reason, SlotError
from records.slots.evidence import UnprovenSwitchError, weigh
from records.slots.matches import NewMatch, record
from scheduler.plan import plan
from tasks.recipes import check
from tests.harness import db_builders
from tests.harness.context import models, registry, transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

LANCZOS = Content("upscale", "lanczos", "1", {})
SHARP = Content("upscale", "back_projection", "2", {"rounds": 3})
TASKS = {"admit": None, "upscale": "upscale", "erase_text": "fill", "deliver": None}


def new_slot() -> str:
    return f"slot_{uuid4().hex[:8]}"


def put(slot: str, content: Content, evidence: Evidence = Evidence.MATCH) -> None:
    reason = Reason("person:ada", "a better one", evidence, 7)
    transact(partial(contents.put, slot=slot, content=content, reason=reason))


def revert(slot: str) -> list[int]:
    *_, changed = transact(partial(batch_changes.revert, slot=slot, person="person:ada", why="too soft"))
    return changed


def held(slot: str) -> str:
    return transact(contents.current)[slot].content.model


def asked(slot: str, transform: str = "upscale") -> Recipe:
    """A recipe that names the slot in its second step."""
    steps = f'[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "{transform}"\nmodel = "@{slot}"\n'
    return check(
        f'name = "slotted"\n{steps}[[steps]]\ntransform = "deliver"\n', "slotted.toml", registry(), models()
    )


def resolved(recipe: Recipe) -> Recipe:
    return transact(partial(contents.resolve, recipe=recipe, tasks=TASKS))


def models_of_new_shards(batch: int) -> set[str | None]:
    transact(partial(plan, transforms=registry()))
    digests = {row.recipe for row in db_builders.open_shards(batch)}
    return {transact(partial(recipes.load, digest=digest)).steps[1].model for digest in digests}


def test_a_recipe_gets_the_model_and_the_options_that_its_slot_holds() -> None:
    slot = new_slot()
    put(slot, SHARP)
    step = resolved(asked(slot)).steps[1]
    assert (step.model, step.options, step.slot) == ("back_projection", {"rounds": 3}, slot)


def test_two_contents_of_a_slot_make_two_recipes() -> None:
    slot = new_slot()
    put(slot, LANCZOS)
    before = resolved(asked(slot))
    put(slot, SHARP)
    assert before.digest != resolved(asked(slot)).digest


def test_an_empty_slot_and_one_for_another_task_are_refused_with_what_to_do() -> None:
    slot = new_slot()
    with pytest.raises(SlotError, match=f"sluice slots set {slot} MODEL"):
        resolved(asked(slot))
    put(slot, SHARP)
    with pytest.raises(SlotError, match=r"a model for fill, and slot .* holds back_projection"):
        resolved(asked(slot, "erase_text"))
    with pytest.raises(SlotError, match=r"slot .* is for upscale"):
        put(slot, Content("fill", "telea", "1", {}))


def test_each_revert_goes_back_one_step_more_and_every_change_stays_on_record() -> None:
    slot = new_slot()
    third = Content("upscale", "span", "1", {})
    for content in (LANCZOS, SHARP, third):
        put(slot, content)
    for model in ("back_projection", "lanczos"):
        revert(slot)
        assert held(slot) == model
    with pytest.raises(SlotError, match="its first model"):
        revert(slot)
    put(slot, third)
    revert(slot)
    assert held(slot) == "lanczos"
    changes = transact(partial(contents.history, slot=slot))
    assert [change.is_revert for change in changes] == [False] * 3 + [True] * 2 + [False, True]
    assert {change.reason.person for change in changes} == {"person:ada"}


def test_a_switch_leaves_a_running_batch_alone_and_a_revert_reaches_its_new_shards() -> None:
    db_builders.hire(admit=1, upscale=1, deliver=1)
    slot = new_slot()
    put(slot, LANCZOS)
    put(slot, SHARP)
    recipe = resolved(asked(slot))
    batch = db_builders.batch(40, recipe)
    assert models_of_new_shards(batch) == {"back_projection"}
    put(slot, Content("upscale", "span", "1", {}))
    db_builders.execute("UPDATE shards SET state = 'done' WHERE batch_id = :batch", batch=batch)
    assert models_of_new_shards(batch) == {"back_projection"}, "a switch is for batches to come"
    revert(slot)
    assert held(slot) == "back_projection"
    assert revert(slot) == [batch]
    db_builders.execute("UPDATE shards SET state = 'done' WHERE batch_id = :batch", batch=batch)
    assert models_of_new_shards(batch) == {"lanczos"}
    assert db_builders.head(batch).recipe == recipe.digest, "what it was taken with stays on record"


def test_a_revert_leaves_batches_alone_that_are_over_or_name_the_model_itself() -> None:
    slot = new_slot()
    put(slot, LANCZOS)
    put(slot, SHARP)
    over = db_builders.delivered(1, resolved(asked(slot)))
    other = db_builders.batch(1, parse(PLAIN))
    changed = revert(slot)
    assert over not in changed
    assert other not in changed


def test_an_image_that_was_flagged_after_a_revert_goes_round_from_the_step_that_flagged_it() -> None:
    slot = new_slot()
    put(slot, LANCZOS)
    put(slot, SHARP)
    batch = db_builders.batch(1, resolved(asked(slot)))
    revert(slot)
    (image,) = db_builders.rows(batch)
    digest = transact(partial(recipes.in_effect, batch_id=batch))[batch, image.recipe]
    shard = db_builders.shard(batch, steps=("admit", "upscale", "deliver"))
    db_builders.execute("UPDATE shards SET recipe = :digest WHERE id = :shard", digest=digest, shard=shard)
    db_builders.through(shard, 2, bad=[image.id])
    transact(partial(decisions.requeue, image_id=image.id))
    (again,) = db_builders.rows(batch)
    assert (again.state, again.step) == ("waiting", 1)
    assert again.current == f"objects/{image.id}-0", "as it came to the step, not what the step proposed"


def test_a_batch_that_was_recorded_while_its_slot_changed_follows_the_slot() -> None:
    slot = new_slot()
    put(slot, LANCZOS)
    recipe = resolved(asked(slot))
    batch = db_builders.batch(1, recipe)
    transact(partial(batch_changes.catch_up, batch_id=batch, recipe=recipe))
    assert transact(partial(recipes.in_effect, batch_id=batch)) == {}
    put(slot, SHARP)
    transact(partial(batch_changes.catch_up, batch_id=batch, recipe=recipe))
    digest = transact(partial(recipes.in_effect, batch_id=batch))[batch, recipe.digest]
    assert transact(partial(recipes.load, digest=digest)).steps[1].model == "back_projection"


def test_another_recipe_takes_the_place_of_one_only_with_the_same_steps() -> None:
    batch = db_builders.batch(1)
    other = db_builders.recipe_of(("admit", "deliver"))
    change = partial(recipes.replace, batch_id=batch, digest=db_builders.head(batch).recipe, other=other)
    with pytest.raises(InputError, match="must have the same"):
        transact(partial(change, person="person:ada", why=""))


PLAIN = """
name = "named"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "back_projection"
[[steps]]
transform = "deliver"
"""


def compared(pictures: int = 20, worse: tuple[str, ...] = (), revision: str = "2") -> int:
    models, revisions = (LANCZOS.model, SHARP.model), (LANCZOS.revision, revision)
    match = NewMatch("upscale", "upscale", models, revisions, pictures, worse, "SHARP is closer.", {})
    return transact(lambda connection: record(connection, match, "person:ada"))


def weighed(slot: str, *, unsafe: bool = False) -> tuple[Evidence, int | None]:
    def work(connection: sa.Connection) -> tuple[Evidence, int | None]:
        return weigh(connection, slot, SHARP, unsafe=unsafe)

    return transact(work)


def test_the_first_model_of_a_slot_needs_no_evidence_and_a_switch_needs_a_sound_match() -> None:
    db_builders.execute("DELETE FROM matches")
    slot = new_slot()
    assert weighed(slot) == (Evidence.FIRST, None)
    put(slot, LANCZOS)
    with pytest.raises(UnprovenSwitchError, match="never compared"):
        weighed(slot)
    compared(revision="an earlier one")
    with pytest.raises(UnprovenSwitchError, match="never compared"):
        weighed(slot)
    few = compared(pictures=4)
    with pytest.raises(UnprovenSwitchError, match=rf"match {few} compared .* too few"):
        weighed(slot)
    lost = compared(worse=("back_projection",))
    with pytest.raises(UnprovenSwitchError, match=f"match {lost} speaks against it"):
        weighed(slot)
    assert weighed(slot, unsafe=True) == (Evidence.UNSAFE, None)
    won = compared(worse=("lanczos",))
    assert weighed(slot) == (Evidence.MATCH, won)
