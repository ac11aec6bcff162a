import pytest

from line.errors import InputError
from line.trouble import Trouble, TroubleKind
from records import batches, troubles
from records.queries import reports
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def report(sentence: str, subject: str = "batch 1: deliver", batch: int | None = None) -> None:
    transact(lambda connection: troubles.report(connection, TroubleKind.STEP, subject, sentence, batch))


def current(batch: int | None = None) -> list[Trouble]:
    return transact(lambda connection: reports.troubles(connection, batch))


@pytest.fixture(autouse=True)
def _nothing_wrong() -> None:
    db_builders.execute("DELETE FROM troubles")


def test_a_trouble_keeps_the_time_of_its_beginning_and_counts() -> None:
    report("No space left on device")
    (first,) = current()
    report("No space left on device")
    (again,) = current()
    assert (again.since, again.times, again.id) == (first.since, 2, first.id)
    assert str(again) == "batch 1: deliver: No space left on device"


def test_a_dismissed_trouble_comes_back_when_it_changes() -> None:
    report("No space left on device")
    (trouble,) = current()
    assert transact(lambda connection: troubles.dismiss(connection, trouble.id)) == "batch 1: deliver"
    report("No space left on device")
    assert current() == []
    report("Read-only file system")
    assert [trouble.sentence for trouble in current()] == ["Read-only file system"]


def test_what_is_over_is_gone() -> None:
    report("slow", "one")
    report("slow", "two")
    transact(lambda connection: troubles.resolve(connection, TroubleKind.STEP, "one"))
    assert [trouble.subject for trouble in current()] == ["two"]
    transact(lambda connection: troubles.replace(connection, TroubleKind.STEP, {"three": "slow"}))
    assert [trouble.subject for trouble in current()] == ["three"]


def test_the_troubles_of_a_batch_end_with_it() -> None:
    batch, other = db_builders.batch(0), db_builders.batch(0)
    report("slow", "mine", batch)
    report("slow", "another's", other)
    report("slow", "everybody's")
    assert {trouble.subject for trouble in current(batch)} == {"mine", "everybody's"}
    assert transact(lambda connection: batches.close(connection, batch))
    assert {trouble.subject for trouble in current()} == {"another's", "everybody's"}


def test_a_sentence_is_one_line_of_bounded_length() -> None:
    report("first\nsecond  " + "x" * 1000)
    (trouble,) = current()
    assert trouble.sentence.startswith("first second x")
    assert len(trouble.sentence) == troubles.MAX_SENTENCE_CHARACTERS


def test_one_that_is_unknown_cannot_be_dismissed() -> None:
    with pytest.raises(InputError, match="no trouble 987654"):
        transact(lambda connection: troubles.dismiss(connection, 987654))
