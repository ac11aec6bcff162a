"""People's decisions: guarded by the image's state, of two people one wins, everything can be undone."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.filenames.names import fold
from line.states import ImageState
from records import batches, decisions
from records.decisions import DecisionError
from records.step_results import NeedsReview
from records.storage import withdrawals
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

LAST = len(db_builders.STEPS) - 1
SEVERAL = {"flagged", "failed", "rejected", "discarded", "delivered"}


def accept(image: int) -> None:
    transact(lambda connection: decisions.accept(connection, image, (), LAST), actor="person:ada")


def withdrawn(image: int) -> list[str]:
    """The files of the image's batch that are to go."""
    batch = row_of(image).batch_id
    return [file for _, file in transact(lambda connection: withdrawals.pending(connection, batch))]


def reject(image: int) -> None:
    transact(lambda connection: decisions.reject(connection, image), actor="person:ada")


def requeue(image: int, **wishes: Any) -> None:
    transact(lambda connection: decisions.requeue(connection, image, **wishes), actor="person:ada")


def rollback(image: int, position: int) -> None:
    name = db_builders.STEPS[position]
    transact(lambda connection: decisions.rollback(connection, image, position, name), actor="person:ada")


DECISIONS: list[tuple[Callable[[int], Any], set[str]]] = [
    (accept, {"flagged"}),
    (reject, {"flagged", "failed", "delivered"}),
    (requeue, SEVERAL),
    (lambda image: rollback(image, 1), {"flagged", "failed", "discarded", "delivered"}),
]


def image_in(state: str) -> int:
    """An image in that state, which has been through the first two steps where it could."""
    batch = db_builders.batch(1)
    image = int(db_builders.rows(batch)[0].id)
    if state == "waiting":
        return image
    shard = db_builders.shard(batch)
    if state == "working":
        return image
    ends = {
        "flagged": db_builders.flag,
        "rejected": db_builders.refuse,
        "failed": db_builders.fail,
        "discarded": db_builders.flag,
    }
    if state == "held":
        transact(lambda connection: batches.halt(connection, batch, "by hand"))
    elif state == "delivered":
        db_builders.through(shard)
    else:
        db_builders.through(shard, 1)
        taken = db_builders.claim(shard, 1)
        db_builders.finish(taken, [ends[state](done) for done in db_builders.results(taken)])
        if state == "discarded":
            reject(image)
    assert row_of(image).state == state
    return image


def row_of(image: int) -> sa.Row[Any]:
    return db_builders.execute("SELECT * FROM images WHERE id = :id", id=image).one()


@pytest.mark.parametrize("state", [state.value for state in ImageState])
@pytest.mark.parametrize(("decide", "legal"), DECISIONS, ids=["accept", "reject", "requeue", "rollback"])
def test_a_decision_is_taken_in_its_states_and_refused_in_all_others(
    decide: Callable[[int], Any], legal: set[str], state: str
) -> None:
    image = image_in(state)
    before = row_of(image)
    if state in legal:
        decide(image)
        assert row_of(image) != before
        return
    with pytest.raises(DecisionError, match=f"image {image} is {state}"):
        decide(image)
    assert row_of(image) == before


@pytest.mark.parametrize("decide", [decide for decide, _ in DECISIONS])
def test_an_unknown_image_is_an_input_error(decide: Callable[[int], Any]) -> None:
    with pytest.raises(InputError, match="no image 987654"):
        decide(987654)


def at_once(image: int, decide: list[Callable[[int], Any]]) -> list[BaseException | None]:
    """What each of several people is told who decide at the same moment."""
    together = threading.Barrier(len(decide))

    def person(act: Callable[[int], Any]) -> BaseException | None:
        together.wait(10)
        try:
            act(image)
        except DecisionError as error:
            return error
        return None

    with ThreadPoolExecutor(len(decide)) as pool:
        return list(pool.map(person, decide))


@pytest.mark.parametrize("others", [[accept, accept], [accept, reject], [reject, reject]])
def test_of_two_people_who_decide_at_once_one_wins_and_the_other_is_told(
    others: list[Callable[[int], Any]],
) -> None:
    batch = db_builders.flagged(1)
    image = db_builders.rows(batch)[0].id
    told = at_once(image, others)
    assert sum(error is None for error in told) == 1
    (error,) = [error for error in told if error is not None]
    assert f"image {image} is" in str(error)
    assert [actor for _, _, actor in db_builders.moves(image)].count("person:ada") == 1


# --- accept --------------------------------------------------------------------------------------


def test_an_accepted_image_goes_on_with_the_result_that_was_flagged() -> None:
    batch = db_builders.flagged(1, step=1)
    image = db_builders.rows(batch)[0].id
    accept(image)
    row = row_of(image)
    assert (row.state, row.step, row.current) == ("waiting", 2, f"objects/{image}-1")
    assert (row.accepted, row.facts["accepted"]) == (True, True)
    assert (row.reason, row.sentence, row.proposal) == ("", "", None)
    assert db_builders.head(batch).state == "running"


def test_an_image_accepted_at_the_last_step_goes_through_that_step_again() -> None:
    batch = db_builders.flagged(1, step=LAST)
    image = db_builders.rows(batch)[0].id
    accept(image)
    assert (row_of(image).step, row_of(image).current) == (LAST, f"objects/{image}-2")
    db_builders.through(db_builders.shard(batch, at=LAST), 1)
    assert db_builders.states(batch) == {"delivered": 1}


def test_an_image_accepted_at_admission_goes_on_as_it_was_decoded() -> None:
    batch = db_builders.flagged(1, step=0)
    image = db_builders.rows(batch)[0].id
    accept(image)
    assert (row_of(image).step, row_of(image).current) == (1, f"objects/{image}-0")


def test_an_image_of_which_there_is_no_picture_cannot_be_accepted() -> None:
    batch = db_builders.batch(1)
    taken = db_builders.claim(db_builders.shard(batch))
    image = taken.images[0].id
    db_builders.finish(taken, _without_picture(taken))
    with pytest.raises(DecisionError, match="no picture"):
        accept(image)
    rollback(image, 0)
    with pytest.raises(DecisionError, match="no picture"):
        accept(image)


def _without_picture(taken: Any) -> list[Any]:
    return [replace(done, ending=NeedsReview("", "")) for done in db_builders.results(taken)]


def test_an_image_accepted_before_a_removal_keeps_its_text() -> None:
    batch = db_builders.flagged(1, step=0)
    image = db_builders.rows(batch)[0].id
    db_builders.execute("UPDATE images SET facts = facts || '{\"masked\": true}' WHERE id = :id", id=image)
    transact(lambda connection: decisions.accept(connection, image, [1], LAST))
    assert row_of(image).facts["masked"] is False


def test_nobody_decides_an_image_back_into_a_halted_batch() -> None:
    batch = db_builders.batch(4)
    ids = [row.id for row in db_builders.rows(batch)]
    db_builders.through(db_builders.shard(batch, ids[:1]), 2, bad=ids[:1])
    transact(lambda connection: batches.halt(connection, batch, "by hand"))
    for decide in (accept, requeue):
        with pytest.raises(DecisionError, match=f"sluice resume {batch}"):
            decide(ids[0])
    reject(ids[0])
    assert row_of(ids[0]).state == "discarded"


# --- reject --------------------------------------------------------------------------------------


def test_the_file_of_a_rejected_delivery_is_to_be_withdrawn() -> None:
    batch = db_builders.delivered()
    image = db_builders.rows(batch)[0].id
    db_builders.execute("UPDATE batches SET manifest_due = false WHERE id = :b", b=batch)
    reject(image)
    assert withdrawn(image) == ["photo0000.jpg"]
    assert (row_of(image).state, row_of(image).reason) == ("discarded", "discarded")
    assert (db_builders.head(batch).state, db_builders.head(batch).manifest_due) == ("done", True)


def test_a_rejected_flagged_image_has_no_file_to_withdraw() -> None:
    image = image_in("flagged")
    reject(image)
    assert withdrawn(image) == []


# --- requeue -------------------------------------------------------------------------------------


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


# --- rollback ------------------------------------------------------------------------------------


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


def test_flagged_images_of_a_batch_are_listed_in_their_order() -> None:
    batch = db_builders.flagged(3)
    ids = [row.id for row in db_builders.rows(batch)]
    assert transact(lambda connection: decisions.flagged(connection, batch)) == ids
    accept(ids[1])
    assert transact(lambda connection: decisions.flagged(connection, batch)) == [ids[0], ids[2]]
