"""Images that a person sends round again: from where they start, with which mask, and back to before a step."""

import json
from typing import Any

import pytest

from line.filenames.names import fold
from records.decisions import DecisionError
from tests.harness import db_builders
from tests.harness.context import transact
from tests.records.decisions.people import LAST, accept, image_in, requeue, rollback, row_of, withdrawn

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def test_a_flagged_image_goes_round_again_from_the_step_at_which_it_stopped() -> None:
    batch = db_builders.flagged(1, step=1)
    image = db_builders.rows(batch)[0].id
    requeue(image)
    row = row_of(image)
    assert (row.state, row.step, row.current, row.artifact) == ("waiting", 1, f"objects/{image}-0", False)
    db_builders.through(db_builders.shard(batch, at=1), 2)
    assert db_builders.states(batch) == {"delivered": 1}


def test_a_flagged_removal_starts_anew_as_the_image_came_to_it() -> None:
    image = flagged_removal({"masked": True})
    requeue(image)
    row = row_of(image)
    assert (row.step, row.current, row.mask) == (LAST, f"objects/{image}-1", "objects/mask.png")
    assert row.facts["masked"]


def test_where_the_line_found_the_mask_it_looks_for_text_anew() -> None:
    image = flagged_removal({"masked": True})
    requeue(image, mask_step=LAST, search_step=1)
    row = row_of(image)
    assert (row.step, row.current, row.mask) == (1, f"objects/{image}-0", None)


def test_a_persons_mask_is_kept() -> None:
    image = flagged_removal({"masked": True, "person_mask": True})
    requeue(image, mask_step=LAST, search_step=1)
    assert (row_of(image).step, row_of(image).mask) == (LAST, "objects/mask.png")
    assert row_of(image).facts["person_mask"]


def flagged_removal(facts: dict[str, Any]) -> int:
    """An image that came to the last step with a mask and those facts, and was flagged there."""
    batch = db_builders.batch(1)
    image = int(db_builders.rows(batch)[0].id)
    shard = db_builders.shard(batch)
    db_builders.through(shard, LAST)
    came = (
        "UPDATE images SET mask = 'objects/mask.png', facts = facts || CAST(:facts AS jsonb) WHERE id = :id"
    )
    db_builders.execute(came, facts=json.dumps(facts), id=image)
    claim = db_builders.claim(shard, LAST)
    db_builders.finish(claim, bad=[image])
    db_builders.execute("UPDATE images SET facts = facts || '{\"masked\": false}' WHERE id = :id", id=image)
    return image


def test_a_delivered_image_goes_round_again_from_its_original() -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    requeue(image)
    assert withdrawn(image) == ["photo0000.jpg"]
    row = row_of(image)
    assert (row.state, row.step, row.current, row.facts) == ("waiting", 0, None, {})
    assert db_builders.head(batch).finished_at is None


def test_another_recipe_starts_from_the_original_even_for_a_flagged_image() -> None:
    from records import recipes

    image = db_builders.rows(db_builders.flagged(1, step=1))[0].id
    other = db_builders.recipe_of(min_judged=7)
    transact(lambda connection: recipes.save(connection, other))
    requeue(image, recipe=other.digest, file="photo0000.jpg.png")
    row = row_of(image)
    assert (row.step, row.current, row.recipe, row.file) == (0, None, other.digest, "photo0000.jpg.png")
    assert row.fold == fold("photo0000.jpg.png")


def test_another_recipe_never_delivers_over_a_neighbours_file() -> None:
    from records import recipes

    batch = db_builders.delivered([db_builders.named("a.jpg"), db_builders.named("b.jpg")])
    first, second = db_builders.rows(batch)
    other = db_builders.recipe_of(min_judged=7)
    transact(lambda connection: recipes.save(connection, other))
    requeue(second.id, recipe=other.digest, file="A.jpg")
    assert row_of(second.id).file == "A~2.jpg"
    requeue(first.id, recipe=other.digest, file="a.jpg")
    assert row_of(first.id).file == "a.jpg"


def test_a_mask_starts_at_the_removal_with_the_picture_that_came_to_it() -> None:
    batch = db_builders.flagged(1, step=LAST)
    image = db_builders.rows(batch)[0].id
    requeue(image, mask="objects/mask.png", mask_step=1)
    row = row_of(image)
    assert (row.step, row.mask, row.current) == (1, "objects/mask.png", f"objects/{image}-0")
    assert row.facts["masked"]
    assert row.facts["person_mask"]


def test_a_delivered_image_can_be_given_a_mask_too() -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    requeue(image, mask="objects/mask.png", mask_step=1)
    assert withdrawn(image) == ["photo0000.jpg"]
    row = row_of(image)
    assert (row.step, row.mask, row.current) == (1, "objects/mask.png", f"objects/{image}-0")
    assert row.facts["width"] == 90


def test_a_found_mask_can_only_be_taken_where_one_was_found() -> None:
    image = image_in("flagged")
    with pytest.raises(DecisionError, match="no mask was found"):
        requeue(image, mask="found", mask_step=1)
    db_builders.execute("UPDATE images SET proposal_mask = 'objects/found.png' WHERE id = :id", id=image)
    requeue(image, mask="found", mask_step=1)
    assert row_of(image).mask == "objects/found.png"


@pytest.mark.parametrize("wishes", [{"mask_step": None}, {"mask_step": 1, "recipe": "x"}])
def test_a_mask_needs_a_step_that_removes_and_the_same_recipe(wishes: dict[str, Any]) -> None:
    with pytest.raises(DecisionError, match="a step that removes"):
        requeue(image_in("flagged"), mask="objects/mask.png", **wishes)


@pytest.mark.parametrize("position", range(len(db_builders.STEPS)))
def test_a_delivered_image_can_be_put_back_to_before_any_step(position: int) -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    rollback(image, position)
    assert withdrawn(image) == ["photo0000.jpg"]
    row = row_of(image)
    before = [None, f"objects/{image}-0", f"objects/{image}-1"][position]
    assert (row.state, row.step, row.current, row.reason) == ("flagged", position, before, "rolled_back")
    assert db_builders.moves(image)[-1] == ("delivered", "flagged", "person:ada")


@pytest.mark.parametrize("position", range(1, len(db_builders.STEPS)))
def test_an_image_that_was_put_back_and_accepted_goes_on_without_that_step(position: int) -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    rollback(image, position)
    accept(image)
    row = row_of(image)
    assert (row.step, row.current) == (min(position + 1, LAST), f"objects/{image}-{position - 1}")
    db_builders.through(db_builders.shard(batch, at=row.step))
    assert db_builders.states(batch) == {"delivered": 1}


def test_an_image_that_was_put_back_and_requeued_goes_through_that_step_again() -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    rollback(image, 1)
    requeue(image)
    assert (row_of(image).step, row_of(image).current) == (1, f"objects/{image}-0")


def test_an_image_never_goes_back_to_a_step_it_has_not_been_through() -> None:
    batch = db_builders.flagged(1, step=0)
    with pytest.raises(DecisionError, match="never went through deliver"):
        rollback(db_builders.rows(batch)[0].id, LAST)


def test_steps_of_an_earlier_recipe_are_not_gone_back_to() -> None:
    from records import recipes

    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    other = db_builders.recipe_of(min_judged=7)
    transact(lambda connection: recipes.save(connection, other))
    requeue(image, recipe=other.digest)
    db_builders.execute("UPDATE images SET state = 'working' WHERE id = :id", id=image)
    db_builders.execute("UPDATE images SET state = 'failed' WHERE id = :id", id=image)
    with pytest.raises(DecisionError, match="never went through sabotage"):
        rollback(image, 1)
