"""Where texts stand, counted in Postgres."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from line.facts import Box
from records.queries import text_locations
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

CORNER: Box = (0.7, 0.9, 0.95, 0.95)
T = TypeVar("T")


def record(texts: Sequence[Sequence[tuple[Box, float]]]) -> int:
    """A batch whose images bear these texts (box and probability); None for one never looked at."""
    batch = db_builders.batch(len(texts))
    for row, regions in zip(db_builders.rows(batch), texts, strict=True):
        facts = {"regions": [{"box": list(box), "overlay": overlay} for box, overlay in regions]}
        _tell(row.id, facts)
    return batch


def _tell(image: int, facts: dict[str, Any]) -> None:
    statement = sa.text("UPDATE images SET facts = :facts WHERE id = :id")
    statement = statement.bindparams(sa.bindparam("facts", type_=JSONB))
    transact(lambda connection: connection.execute(statement, {"facts": facts, "id": image}))


def moved(box: Box, by: float) -> Box:
    return (box[0] + by, box[1], box[2] + by, box[3])


def ask(batches: list[int], question: Callable[[sa.Connection], T]) -> T:
    def work(connection: sa.Connection) -> T:
        text_locations.gather(connection, batches)
        return question(connection)

    return transact(work)


def test_images_that_were_looked_at_are_counted_whether_they_bear_text_or_not() -> None:
    batch = record([[(CORNER, 0.9)], [], []])
    _tell(db_builders.rows(batch)[2].id, {"width": 90})
    assert transact(lambda connection: text_locations.photos(connection, [batch])) == 2


def test_a_place_counts_its_images_once_and_its_mean_probability() -> None:
    batch = record(
        [[(CORNER, 0.9), (CORNER, 0.5)], [(moved(CORNER, 0.01), 0.7)], [((0.0, 0.0, 0.1, 0.1), 0.1)]]
    )
    images, overlay = ask([batch], lambda c: text_locations.count_at(c, [batch], CORNER, 0.5))
    assert images == 2
    assert overlay == pytest.approx(0.7)
    assert ask([batch], lambda c: text_locations.count_at(c, [batch], (0.4, 0.4, 0.5, 0.5), 0.5)) == (0, 0)


def test_only_the_batches_asked_for_are_counted() -> None:
    one, other = record([[(CORNER, 0.9)]] * 2), record([[(CORNER, 0.9)]] * 3)
    assert ask([one, other], lambda c: text_locations.count_at(c, [one], CORNER, 0.5))[0] == 2
    assert ask([one, other], lambda c: text_locations.count_at(c, [one, other], CORNER, 0.5))[0] == 5


@pytest.mark.parametrize("shift", [0.0, 0.013, 0.025, 0.04, 0.049])
def test_a_stamp_that_moves_by_less_than_a_cell_lies_wholly_in_one_window(shift: float) -> None:
    batch = record([[(moved(CORNER, step * shift / 5 - 0.1), 0.9)] for step in range(6)])
    windows = ask([batch], lambda c: text_locations.windows(c, [batch], 6))
    assert windows
    texts, total = ask([batch], lambda c: text_locations.sample(c, [batch], windows[0], 100))
    assert (len(texts), total) == (6, 6)


def test_windows_with_too_few_images_are_left_out() -> None:
    batch = record([[(CORNER, 0.9)] * 9] * 3)
    assert ask([batch], lambda c: text_locations.windows(c, [batch], 4)) == []


def test_a_sample_is_bounded_and_the_same_at_every_call() -> None:
    batch = record([[(moved(CORNER, number / 1000), 0.9)] for number in range(10)])
    window = ask([batch], lambda c: text_locations.windows(c, [batch], 10))[0]
    first, second = (ask([batch], lambda c: text_locations.sample(c, [batch], window, 4)) for _ in range(2))
    assert first == second
    assert (len(first[0]), first[1]) == (4, 10)


def test_a_text_all_over_the_photo_and_one_without_a_box_have_no_place() -> None:
    batch = record([[((0.0, 0.0, 1.0, 0.9), 0.9)]] * 2)
    _tell(db_builders.rows(batch)[0].id, {"regions": [{"overlay": 0.9, "quad": []}]})
    assert ask([batch], lambda c: text_locations.windows(c, [batch], 1)) == []


def test_examples_are_images_with_the_picture_they_were_found_on() -> None:
    batch = db_builders.batch(3, db_builders.recipe_of(("admit", "find_text", "deliver")))
    db_builders.through(db_builders.shard(batch, steps=("admit", "find_text", "deliver")), 2)
    for row in db_builders.rows(batch):
        _tell(row.id, {"regions": [{"box": list(CORNER), "overlay": 0.9}]})

    def work(connection: sa.Connection) -> list[text_locations.Example]:
        return text_locations.examples(connection, [batch], CORNER, 0.5, transform="find_text", limit=2)

    shown = ask([batch], work)
    assert len(shown) == 2
    for example in shown:
        row = next(row for row in db_builders.rows(batch) if row.id == example.image)
        assert (example.name, example.picture, example.box) == (row.name, f"objects/{row.id}-0", CORNER)


def test_two_gathers_at_once_do_not_meet() -> None:
    batch = record([[(CORNER, 0.9)]])

    def outer(connection: sa.Connection) -> int:
        text_locations.gather(connection, [])
        assert ask([batch], lambda c: text_locations.count_at(c, [batch], CORNER, 0.5))[0] == 1
        return text_locations.count_at(connection, [batch], CORNER, 0.5)[0]

    assert transact(outer) == 0
