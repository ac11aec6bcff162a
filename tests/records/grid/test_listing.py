"""Pages of the grid hold every image of the filter once, in its order, also while batches grow."""

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from line.states import ImageState
from records.grid import listing
from records.grid.filters import Filter, Order
from records.grid.groups import groups
from records.history import decision_log
from records.step_results import NeedsReview
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def every(chosen: Filter, limit: int = 3) -> list[int]:
    """The images of all pages, one page after the other."""
    ids: list[int] = []
    place = None
    while True:
        page = transact(partial(listing.page, chosen=chosen, after=place, limit=limit))
        ids += page.ids
        place = page.next
        if place is None:
            return ids


def flagged_by(values: list[float], template: int | None = None) -> int:
    """A batch of flagged images, whose readings are these and whose limit is 10."""
    batch = db_builders.batch(len(values))
    db_builders.finish(db_builders.claim(db_builders.shard(batch)))
    taken = db_builders.claim(db_builders.open_shards(batch)[0].id, 1)
    limits = [[{"code": "seam.rim", "value": value, "limit": {"at_most": 10.0}}] for value in values]
    done = [
        replace(result, ending=NeedsReview("seam.rim", "", is_artifact=True, limits=limit))
        for result, limit in zip(db_builders.results(taken), limits, strict=True)
    ]
    db_builders.finish(taken, done)
    if template is not None:
        db_builders.execute("UPDATE images SET template = :t WHERE batch_id = :b", t=template, b=batch)
    return batch


def ids_of(batch: int) -> list[int]:
    return [row.id for row in db_builders.rows(batch)]


def test_a_flagged_image_keeps_how_far_it_is_beyond_its_limit() -> None:
    batch = flagged_by([15.0, 40.0])
    assert [row.severity for row in db_builders.rows(batch)] == pytest.approx([0.5, 3.0])


def test_the_worst_come_first_over_all_batches_and_every_one_once() -> None:
    vendor: Any = {"vendor": "worst-first"}
    first, second = flagged_by([11.0, 50.0, 20.0, 20.0]), flagged_by([30.0, 12.0, 20.0])
    for batch in (first, second):
        db_builders.execute("UPDATE batches SET vendor = 'worst-first' WHERE id = :id", id=batch)
    chosen = Filter(**vendor, state=ImageState.FLAGGED, order=Order.SEVERITY)
    rows = [*db_builders.rows(first), *db_builders.rows(second)]
    expected = [row.id for row in sorted(rows, key=lambda row: (-row.severity, -row.id))]
    assert every(chosen, 2) == every(chosen, 100) == expected


@pytest.mark.parametrize("order", [Order.NAME, Order.UPLOAD])
def test_pages_go_from_the_newest_batch_to_the_oldest(order: Order) -> None:
    older, newer = db_builders.batch(4), db_builders.batch(3)
    for batch in (older, newer):
        db_builders.execute("UPDATE batches SET vendor = :v WHERE id = :id", v=f"paged-{order}", id=batch)
    assert every(Filter(vendor=f"paged-{order}", order=order), 2) == [*ids_of(newer), *ids_of(older)]


def test_by_name_is_by_name_where_the_upload_was_in_another_order() -> None:
    batch = db_builders.batch([db_builders.named(name) for name in ("c.jpg", "a.jpg", "b.jpg")])
    c, a, b = ids_of(batch)
    assert every(Filter(batch=batch, order=Order.NAME), 2) == [a, b, c]
    assert every(Filter(batch=batch, order=Order.UPLOAD), 2) == [c, a, b]


def test_a_part_of_a_name_in_any_case_chooses_images() -> None:
    batch = db_builders.batch(
        [
            db_builders.named(name)
            for name in ("Caps/red.jpg", "caps/blue.jpg", "mug.jpg", "ÄPFEL.jpg", "Straße.jpg")
        ]
    )
    red, blue, _, apples, street = ids_of(batch)
    for order in Order:
        assert every(Filter(batch=batch, name="CAPS", order=order), 1) == [red, blue]
        assert every(Filter(batch=batch, name="äpfel", order=order), 1) == [apples]
        assert every(Filter(batch=batch, name="strasse", order=order), 1) == [street]
        assert every(Filter(batch=batch, name="100%", order=order), 1) == []


def test_the_range_of_a_reading_chooses_images_by_its_latest_value() -> None:
    batch = db_builders.batch(3)
    taken = db_builders.claim(db_builders.shard(batch))
    done = [
        replace(result, readings={"sharp": value})
        for result, value in zip(db_builders.results(taken), (1.0, 2.0, 3.0), strict=True)
    ]
    db_builders.finish(taken, done)
    low, middle, high = ids_of(batch)
    assert every(Filter(batch=batch, reading="sharp", low=2.0)) == [middle, high]
    assert every(Filter(batch=batch, reading="sharp", high=2.0)) == [low, middle]
    assert every(Filter(batch=batch, reading="absent")) == []
    assert "sharp" in transact(partial(listing.reading_names, ids=[low]))


def test_a_page_that_looked_at_enough_images_ends_and_the_next_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listing, "MAX_EXAMINED", 4)
    monkeypatch.setattr(listing, "NAME_CHUNK", 4)
    batch = db_builders.batch(10)
    last = ids_of(batch)[-1]
    chosen = Filter(batch=batch, name="photo0009")
    page = transact(partial(listing.page, chosen=chosen))
    assert (page.ids, page.is_cut) == ([], True)
    assert every(chosen) == [last]


def test_similar_images_are_one_group_of_vendor_reason_and_template() -> None:
    first, second, without = flagged_by([20.0, 30.0], 7), flagged_by([40.0], 7), flagged_by([11.0])
    for batch in (first, second, without):
        db_builders.execute("UPDATE batches SET vendor = 'alike' WHERE id = :id", id=batch)
    whole, of_template = transact(partial(groups, chosen=Filter(vendor="alike", state=ImageState.FLAGGED)))
    assert (whole.template, whole.images) == (None, 4)
    assert (of_template.template, of_template.images, of_template.is_more) == (7, 3, False)
    assert of_template.examples == [ids_of(second)[0], *reversed(ids_of(first))]
    chosen = Filter(vendor="alike", state=ImageState.FLAGGED, template=7, order=Order.SEVERITY)
    assert every(chosen) == list(of_template.examples)


def test_undoing_restores_how_far_an_image_was_beyond_its_limit() -> None:
    from records import decisions
    from records.history import undo

    batch = flagged_by([40.0])
    (image,) = ids_of(batch)
    transact(partial(decisions.reject, image_id=image), actor="person:grid")
    db_builders.execute("UPDATE images SET severity = 0 WHERE id = :id", id=image)
    transact(partial(undo.undo_last, actor="person:grid"), actor="person:grid")
    assert db_builders.rows(batch)[0].severity == pytest.approx(3.0)


def test_one_answer_to_many_images_is_listed_and_undone_as_one() -> None:
    from records import decisions
    from records.history import undo

    actor, batch = "person:bulk", flagged_by([20.0, 30.0, 40.0])
    first, *many = ids_of(batch)
    transact(partial(decisions.reject, image_id=first), actor=actor)
    bulk = transact(partial(decision_log.begin_bulk, choice="reject", actor=actor))
    with decision_log.part_of(bulk):
        for image in many:
            transact(partial(decisions.reject, image_id=image), actor=actor)
    log = transact(partial(decision_log.newest, actor=actor))
    assert [(entry.image, entry.images) for entry in log] == [(many[-1], 2), (first, 1)]
    undone = transact(partial(undo.undo_last, actor=actor), actor=actor)
    assert undone.images == 2
    assert [row.state for row in db_builders.rows(batch)] == ["discarded", "flagged", "flagged"]
    assert transact(partial(undo.undo_last, actor=actor), actor=actor).image == first


def test_an_image_decided_again_by_somebody_else_is_left_when_a_bulk_answer_is_undone() -> None:
    from records import decisions
    from records.history import undo

    actor, batch = "person:bulk-again", flagged_by([20.0, 30.0])
    bulk = transact(partial(decision_log.begin_bulk, choice="reject", actor=actor))
    with decision_log.part_of(bulk):
        for image in ids_of(batch):
            transact(partial(decisions.reject, image_id=image), actor=actor)
    other = ids_of(batch)[0]
    transact(partial(decisions.requeue, image_id=other), actor="person:bob")
    assert transact(partial(undo.undo_last, actor=actor), actor=actor).images == 1
    assert [row.state for row in db_builders.rows(batch)] == ["waiting", "flagged"]
    with pytest.raises(undo.UndoError, match="decided again"):
        transact(partial(undo.undo_last, actor=actor), actor=actor)
