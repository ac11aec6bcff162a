"""The desk's page of webhooks."""

from functools import partial

import pytest

from records.webhooks import deliveries, events
from records.webhooks.events import Event, Format
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.desk import Visitor

pytestmark = pytest.mark.services

PAGE = "https://hooks.example.com/T0/secret-path"


def test_a_message_that_was_given_up_is_shown_and_sent_again_by_a_button(ada: Visitor) -> None:
    make = partial(events.add, url=PAGE, events=[Event.BATCH_DONE], kind=Format.STANDARD, person="person:ada")
    webhook = transact(make)
    db_builders.delivered(1)
    transact(deliveries.announce)
    db_builders.execute(
        "UPDATE webhook_deliveries SET due_at = NULL, attempts = 10, error = 'it answered 500'"
    )
    page = ada.get("/webhooks").text
    assert "given up: it answered 500" in page
    assert "https://hooks.example.com/…" in page
    assert "secret-path" not in page
    assert webhook.secret not in page
    (entry,) = transact(deliveries.log)
    action = f"/webhooks/{entry['delivery']}/resend"
    assert ada.forge(action, {}).status == 403
    assert transact(deliveries.log)[0]["due_at"] is None
    assert ada.post(action, {}, page="/webhooks").status == 200
    assert transact(deliveries.log)[0]["due_at"] is not None
