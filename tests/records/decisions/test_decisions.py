"""People's decisions: guarded by the image's state, of two people one wins, everything can be undone."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from line.errors import InputError
from line.states import ImageState
from records import batches, decisions
from records.decisions import DecisionError
from records.step_results import NeedsReview
from tests.harness import db_builders
from tests.harness.context import transact
from tests.records.decisions.people import (
    LAST,
    accept,
    image_in,
    reject,
    requeue,
    rollback,
    row_of,
    withdrawn,
)

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

SEVERAL = {"flagged", "failed", "rejected", "discarded", "delivered"}


DECISIONS: list[tuple[Callable[[int], Any], set[str]]] = [
    (accept, {"flagged"}),
    (reject, {"flagged", "failed", "delivered"}),
    (requeue, SEVERAL),
    (lambda image: rollback(image, 1), {"flagged", "failed", "discarded", "delivered"}),
]


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
    errors = at_once(image, others)
    assert sum(error is None for error in errors) == 1
    (error,) = [error for error in errors if error is not None]
    assert f"image {image} is" in str(error)
    assert [actor for _, _, actor in db_builders.moves(image)].count("person:ada") == 1


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


def test_flagged_images_of_a_batch_are_listed_in_their_order() -> None:
    batch = db_builders.flagged(3)
    ids = [row.id for row in db_builders.rows(batch)]
    assert transact(lambda connection: decisions.flagged(connection, batch)) == ids
    accept(ids[1])
    assert transact(lambda connection: decisions.flagged(connection, batch)) == [ids[0], ids[2]]
