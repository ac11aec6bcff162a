"""When a batch is sent to have vendor templates learnt from it."""

import pytest

from line.states import BatchState
from scheduler.template_learning import TemplateLearning
from tasks.recipes import check
from tests.harness import db_builders
from tests.harness.context import database, models, registry

pytestmark = pytest.mark.services


class Sent:
    """A broker that notes what is sent."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.app = self

    def signature(self, name: str, *, args: tuple[int], **_: object) -> int:
        return args[0]

    def send(self, messages: list[int]) -> None:
        self.batches += messages


@pytest.mark.usefixtures("records")
def test_a_batch_that_is_searched_again_after_it_was_learnt_from_is_sent_again_at_once() -> None:
    batch, broker, learning = searched_batch()
    learning.send_due()
    learning.send_due()
    assert broker.batches == [batch]
    assert learning.is_pending(batch)
    db_builders.execute(
        "UPDATE batches SET surveyed_at = now(), searched_at = now() + interval '1 second' WHERE id = :batch",
        batch=batch,
    )
    learning.send_due()
    assert broker.batches == [batch, batch]


@pytest.mark.usefixtures("records")
def test_a_batch_is_pending_until_it_is_learnt_from_even_if_nobody_looks_for_others() -> None:
    batch, _, learning = searched_batch()
    learning.send_due()
    assert learning.is_pending(batch)
    db_builders.execute("UPDATE batches SET surveyed_at = now() WHERE id = :batch", batch=batch)
    assert not learning.is_pending(batch)


@pytest.mark.usefixtures("records")
def test_a_batch_that_ends_after_it_was_learnt_from_is_not_sent_again() -> None:
    batch, broker, learning = searched_batch()
    learning.send_due()
    db_builders.execute(
        "UPDATE batches SET surveyed_at = now(), finished_at = now() + interval '1 second', state = :done"
        " WHERE id = :batch", batch=batch, done=BatchState.DONE.value,
    )  # fmt: skip
    learning.send_due()
    assert broker.batches == [batch]
    assert not learning.is_pending(batch)


def searched_batch() -> tuple[int, Sent, TemplateLearning]:
    """The one batch that is due, all of whose images are past the search for text."""
    db_builders.execute("UPDATE batches SET surveyed_at = now(), searched_at = NULL")
    steps = "".join(f'[[steps]]\ntransform = "{step}"\n' for step in ("admit", "find_text", "deliver"))
    batch = db_builders.batch(1, check(f'name = "searched"\n{steps}', "searched.toml", registry(), models()))
    db_builders.execute("UPDATE images SET step = 2 WHERE batch_id = :batch", batch=batch)
    broker = Sent()
    return batch, broker, TemplateLearning(database(), broker)  # type: ignore[arg-type]
