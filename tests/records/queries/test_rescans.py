"""Searches for a template: one at a time for each, and one that went silent may begin again."""

from collections.abc import Iterator
from functools import partial

import pytest

from records.queries import rescans
from records.queries.rescans import RescanCounts
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

ADA, BOB = "person:ada", "person:bob"


@pytest.fixture
def template() -> Iterator[int]:
    row = db_builders.execute(
        'INSERT INTO templates (vendor, "left", top, "right", bottom, images, photos, overlay, examples)'
        " VALUES ('acme', 0.1, 0.1, 0.2, 0.2, 8, 9, 0.9, '[]') RETURNING id"
    )
    number = int(row.scalar_one())
    yield number
    db_builders.execute("DELETE FROM rescans")
    db_builders.execute("DELETE FROM templates WHERE id = :id", id=number)


def request(template: int, person: str = ADA) -> bool:
    return transact(partial(rescans.request, template_id=template, person=person))


def begin(template: int) -> str | None:
    return transact(partial(rescans.begin, template_id=template))


def end(template: int, counts: RescanCounts, error: str = "") -> None:
    transact(partial(rescans.end, template_id=template, counts=counts, error=error))


def silence(template: int) -> None:
    db_builders.execute(
        "UPDATE rescans SET touched_at = now() - interval '1 hour' WHERE template_id = :id", id=template
    )


def test_a_second_request_waits_for_the_end_of_the_first(template: int) -> None:
    assert request(template)
    assert not request(template, BOB)
    assert begin(template) == ADA
    assert not request(template, BOB)
    end(template, RescanCounts(total=3, scanned=3, requeued=1))
    assert request(template, BOB)
    assert begin(template) == BOB


def test_a_message_that_arrives_twice_begins_one_search(template: int) -> None:
    assert begin(template) is None, "nobody requested it"
    request(template)
    assert begin(template) == ADA
    assert begin(template) is None


def test_the_progress_is_shown_and_its_end(template: int) -> None:
    request(template)
    begin(template)
    counts = RescanCounts(total=9, scanned=4, requeued=2, skipped=1)
    transact(partial(rescans.report, template_id=template, counts=counts))
    running = transact(rescans.newest)[template]
    assert (running.counts, running.is_over, running.error) == (counts, False, "")
    end(template, counts, "the bucket is away")
    over = transact(rescans.newest)[template]
    assert (over.is_over, over.error) == (True, "the bucket is away")


def test_a_search_whose_worker_was_lost_is_over_and_may_begin_again(template: int) -> None:
    request(template)
    begin(template)
    silence(template)
    lost = transact(rescans.newest)[template]
    assert lost.is_over
    assert "was lost" in lost.error
    assert request(template, BOB)
