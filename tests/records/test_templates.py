"""Vendor templates in the records: one at a place, decided once, told to the steps that ask."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from line.errors import InputError
from line.facts import Box, VendorNote
from line.states import TemplateState
from line.vendor import UNKNOWN_VENDOR, VendorTemplate
from records import outcomes, templates
from records.queries import reports
from records.templates import Proposal
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

CORNER: Box = (0.7, 0.9, 0.95, 0.95)


def vendor() -> str:
    return f"vendor-{uuid4().hex[:8]}"


def proposal(box: Box = CORNER) -> Proposal:
    return Proposal(box, 9, 12, 0.8, (255, 255, 255), "png", ({"image": 1, "name": "a.jpg"},))


def propose(of: str, box: Box = CORNER) -> int | None:
    def work(connection: sa.Connection) -> int | None:
        templates.lock(connection, of)
        return templates.propose(connection, of, proposal(box))

    return transact(work)


def new(of: str, box: Box = CORNER) -> int:
    template = propose(of, box)
    assert template is not None
    return template


def decide(template: int, state: TemplateState, actor: str = "person:ada", *, overrule: bool = False) -> None:
    act = partial(templates.decide, template_id=template, state=state, actor=actor, overrule=overrule)
    transact(act)


def listed(of: str) -> list[dict[str, Any]]:
    return transact(lambda connection: templates.listed(connection, of))


def batch_of(of: str, images: int = 1, **columns: object) -> int:
    batch = db_builders.batch(images)
    for column, value in {"vendor": of, **columns}.items():
        db_builders.execute(f"UPDATE batches SET {column} = :value WHERE id = :id", value=value, id=batch)
    return batch


def test_a_template_is_told_with_all_a_person_needs() -> None:
    acme = vendor()
    template = new(acme)
    (entry,) = listed(acme)
    assert entry == {
        "template": template,
        "vendor": acme,
        "state": "proposed",
        "box": list(CORNER),
        "images": 9,
        "photos": 12,
        "overlay": 0.8,
        "examples": [{"image": 1, "name": "a.jpg"}],
        "decisions": [],
    }


@pytest.mark.parametrize("box", [CORNER, (0.71, 0.9, 0.96, 0.95), (0.7, 0.9, 0.85, 0.95)])
def test_a_vendor_has_one_template_at_a_place(box: Box) -> None:
    acme = vendor()
    new(acme)
    assert propose(acme, box) is None
    assert propose(vendor(), box) is not None
    assert propose(acme, (0.1, 0.1, 0.3, 0.2)) is not None


def test_of_schedulers_that_propose_at_once_one_does() -> None:
    acme = vendor()
    with ThreadPoolExecutor(6) as pool:
        proposed = list(pool.map(lambda _: propose(acme), range(12)))
    assert sum(template is not None for template in proposed) == 1
    assert len(listed(acme)) == 1


def test_what_was_dismissed_is_not_proposed_again_and_keeps_its_counts() -> None:
    acme = vendor()
    template = new(acme)
    decide(template, TemplateState.DISMISSED)
    assert propose(acme) is None
    transact(lambda connection: templates.count(connection, template, 99, 100))
    assert [(entry["state"], entry["images"]) for entry in listed(acme)] == [("dismissed", 9)]


@pytest.mark.parametrize("state", [TemplateState.PROPOSED, TemplateState.CONFIRMED])
def test_others_are_counted_anew(state: TemplateState) -> None:
    acme = vendor()
    template = new(acme)
    if state is TemplateState.CONFIRMED:
        decide(template, state)
    transact(lambda connection: templates.count(connection, template, 99, 100))
    assert [(entry["state"], entry["images"], entry["photos"]) for entry in listed(acme)] == [
        (state, 99, 100)
    ]


def test_of_two_people_one_wins_and_the_other_is_told_by_whom() -> None:
    template = new(vendor())
    notified: list[str] = []

    def try_it(person: str, state: TemplateState) -> None:
        try:
            decide(template, state, f"person:{person}")
        except InputError as error:
            notified.append(str(error))

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(try_it, ("ada", "bob"), (TemplateState.CONFIRMED, TemplateState.DISMISSED)))
    (message,) = notified
    winner = "ada" if "confirmed" in message else "bob"
    assert f"already by person:{winner}" in message
    assert "--overrule" in message


def test_a_decision_is_changed_only_on_purpose_and_both_are_kept() -> None:
    acme = vendor()
    template = new(acme)
    decide(template, TemplateState.CONFIRMED)
    with pytest.raises(InputError, match="--overrule decides again"):
        decide(template, TemplateState.DISMISSED, "person:bob")
    decide(template, TemplateState.DISMISSED, "person:bob", overrule=True)
    with pytest.raises(InputError, match="dismissed already by person:bob"):
        decide(template, TemplateState.DISMISSED, overrule=True)
    (entry,) = listed(acme)
    assert [(one["state"], one["by"]) for one in entry["decisions"]] == [
        ("confirmed", "person:ada"),
        ("dismissed", "person:bob"),
    ]


def test_an_unknown_template_is_an_error_that_says_where_they_are_listed() -> None:
    with pytest.raises(InputError, match="sluice templates"):
        decide(987654, TemplateState.CONFIRMED)


def test_a_step_is_told_of_the_vendors_rights_and_of_its_templates_but_the_dismissed() -> None:
    acme = vendor()
    batch = batch_of(acme, watermark_rights="a letter")
    confirmed, dismissed = new(acme), new(acme, (0, 0, 0.2, 0.1))
    new(vendor())
    decide(confirmed, TemplateState.CONFIRMED)
    decide(dismissed, TemplateState.DISMISSED)
    context = transact(lambda connection: templates.vendor_of(connection, batch))
    assert context.watermark_rights == "a letter"
    (template,) = context.templates
    assert template == VendorTemplate(
        id=confirmed,
        state=TemplateState.CONFIRMED,
        box=CORNER,
        images=9,
        ink=(255, 255, 255),
        look="png",
        mark=None,
    )
    note = context.note()
    assert note is not None
    assert note.to_json() == {"watermark_rights": "a letter", "templates": (confirmed,)}
    assert UNKNOWN_VENDOR.note() is None


def test_what_a_step_was_told_stands_in_its_record_and_not_with_the_image() -> None:
    batch = db_builders.batch(2)
    taken = db_builders.claim(db_builders.shard(batch))
    facts = {"vendor": {"watermark_rights": "a letter", "templates": [3]}}
    ran = replace(db_builders.ran(taken), vendor=VendorNote(watermark_rights="a letter", templates=(3,)))
    transact(lambda connection: outcomes.finish(connection, taken, ran, db_builders.results(taken)))
    recorded = (
        db_builders.execute("SELECT facts FROM steps WHERE batch_id = :batch", batch=batch).scalars().all()
    )
    assert recorded == [facts, facts]
    assert all("vendor" not in row.facts for row in db_builders.rows(batch))


def test_the_newest_batches_are_looked_through_together_up_to_a_number_of_images(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(templates, "MAX_IMAGES_TOGETHER", 5)
    acme = vendor()
    batches = [batch_of(acme, images) for images in (2, 3, 4)]
    batch_of(vendor(), 1)

    def newest() -> Sequence[int]:
        return transact(lambda connection: templates.newest(connection, acme))

    assert sorted(newest()) == batches[1:]
    batches.append(batch_of(acme, 9))
    assert newest() == batches[-1:]


def test_a_batch_is_due_until_it_was_looked_through_and_again_once_it_was_reopened() -> None:
    batch = db_builders.delivered(2)

    def is_due() -> bool:
        return batch in [row.id for row in transact(templates.due)]

    assert is_due()
    transact(lambda connection: templates.surveyed(connection, batch))
    assert not is_due()
    db_builders.execute("UPDATE batches SET searched_at = clock_timestamp() WHERE id = :id", id=batch)
    assert is_due()


def test_a_batch_shows_the_rights_it_was_taken_with() -> None:
    batch = batch_of(vendor(), watermark_rights="a letter")
    report = transact(lambda connection: reports.batch(connection, batch))
    assert report["watermark_rights"] == "a letter"
