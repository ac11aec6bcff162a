"""What a step was run with can be asked for later, as it was then."""

from functools import partial

import pytest

from line.errors import InputError
from line.facts import Box
from line.states import TemplateState
from line.vendor import UNKNOWN_VENDOR
from records import templates
from records.queries import history
from records.queries.history import Past
from records.templates import Proposal
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

CORNER: Box = (0.7, 0.9, 0.95, 0.95)


def last(image: int, transform: str | None = None) -> Past:
    return transact(partial(history.last, image_id=image, transform=transform))


def test_a_step_is_told_with_what_went_in_and_what_came_out() -> None:
    (image,) = db_builders.rows(db_builders.delivered())
    past = last(image.id, "sabotage")
    assert (past.transform, past.position, past.verdict, past.seed) == ("sabotage", 1, "pass", 1)
    assert (past.image.picture_key, past.output) == (f"objects/{image.id}-0", f"objects/{image.id}-1")
    assert past.recipe.steps[1].transform == "sabotage"
    assert last(image.id, "admit").image.picture_key is None
    assert (last(image.id).transform, last(image.id).image.file) == ("deliver", image.file)


def test_of_a_step_that_was_done_again_the_last_time_is_told() -> None:
    batch = db_builders.batch(1)
    (image,) = db_builders.rows(batch)
    db_builders.through(db_builders.shard(batch))
    db_builders.execute("UPDATE steps SET seed = 9 WHERE image_id = :image AND position = 1", image=image.id)
    db_builders.execute(
        "INSERT INTO shards (batch_id, number, recipe, route, transforms, queues, images, megapixels, state) "
        "SELECT batch_id, number + 100, recipe, route, transforms, queues, images, megapixels, 'done' FROM shards "
        "WHERE batch_id = :batch",
        batch=batch,
    )
    db_builders.execute(
        "INSERT INTO steps (image_id, batch_id, shard_id, position, transform, recipe, seed, device, node, facts, "
        "verdict, reasons, readings, seconds, cost) SELECT image_id, batch_id, (SELECT max(id) FROM shards), position, "
        "transform, recipe, 10, device, node, facts, verdict, reasons, readings, seconds, cost FROM steps "
        "WHERE image_id = :image AND position = 1",
        image=image.id,
    )
    assert last(image.id, "sabotage").seed == 10


def test_what_is_not_recorded_is_refused_with_what_is() -> None:
    (image,) = db_builders.rows(db_builders.delivered())
    with pytest.raises(InputError, match="it passed: admit, sabotage, deliver"):
        last(image.id, "upscale")
    with pytest.raises(InputError, match="no step of image 987654321"):
        last(987654321)


def test_the_vendors_templates_are_told_in_full_and_what_was_decided_since_is_said() -> None:
    batch = db_builders.delivered()
    (image,) = db_builders.rows(batch)
    vendor = db_builders.head(batch).vendor
    proposed = Proposal(CORNER, 9, 12, 0.8, (255, 255, 255), "png", ({"image": image.id, "name": "a.jpg"},))
    template = transact(lambda connection: templates.propose(connection, vendor, proposed))
    assert template is not None
    short = f'{{"vendor": {{"watermark_rights": "letter", "templates": [{template}]}}}}'
    db_builders.execute(
        "UPDATE steps SET facts = facts || CAST(:short AS jsonb) WHERE image_id = :image AND position = 1",
        short=short, image=image.id,
    )  # fmt: skip
    past = last(image.id, "sabotage")
    assert past.vendor.watermark_rights == "letter"
    assert [template.look for template in past.vendor.templates] == ["png"]
    assert past.vendor_changes == ""
    assert last(image.id, "admit").vendor == UNKNOWN_VENDOR
    transact(
        lambda connection: templates.decide(connection, template, TemplateState.CONFIRMED, actor="person:ada")
    )
    assert str(template) in last(image.id, "sabotage").vendor_changes
