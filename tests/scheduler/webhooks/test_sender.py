"""What is sent, how it is signed, and what happens when it is not taken."""

import json
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr
from standardwebhooks import Webhook as Verifier

from records.webhooks import deliveries, events
from records.webhooks.deliveries import PAUSES
from records.webhooks.events import Event, Format
from review.cli.people.webhooks import EVENTS
from scheduler.webhooks.sender import Sender
from tests.harness import db_builders
from tests.harness.context import database, settings, transact
from tests.scheduler.webhooks.conftest import MailServer, Receiver

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture(autouse=True)
def _clean() -> None:
    for table in ("webhook_deliveries", "webhook_events", "webhooks"):
        db_builders.execute(f"DELETE FROM {table}")


def sender(**more: Any) -> Sender:
    """A sender for which every host is this one."""
    chosen = settings().model_copy(update={"webhook_private": True} | more)
    return Sender(database(), chosen, resolve=lambda host, port: ["127.0.0.1"])


def add(url: str, kind: Format = Format.STANDARD) -> events.Webhook:
    wanted = [Event.BATCH_DONE, Event.BATCH_HALTED]
    return transact(partial(events.add, url=url, events=wanted, kind=kind, person="person:ada"))


def entry() -> dict[str, Any]:
    return transact(deliveries.log)[0]


def make_due() -> None:
    db_builders.execute("UPDATE webhook_deliveries SET due_at = now() WHERE due_at IS NOT NULL")


def test_a_message_is_signed_as_the_specification_has_it(receiver: Receiver) -> None:
    webhook = add(receiver.url)
    batch = db_builders.delivered(2)
    assert sender().send_webhooks() == 1
    ((path, headers, body),) = receiver.requests
    verified = Verifier(webhook.secret).verify(body, headers)
    assert (verified["type"], verified["data"]["batch"]) == ("batch.done", batch)
    assert (path, headers["host"]) == ("/sluice", f"hooks.example.com:{receiver.port}")
    with pytest.raises(Exception, match="signature"):
        Verifier(webhook.secret).verify(body + b" ", headers)


def test_nothing_is_due_until_something_happened_and_again_once_it_was_sent(receiver: Receiver) -> None:
    def is_due() -> bool:
        return database().autocommit(deliveries.is_any_due)

    add(receiver.url)
    assert not is_due()
    db_builders.delivered(1)
    assert is_due()
    sender().send_webhooks()
    assert not is_due()


def test_what_is_not_taken_is_sent_again_with_the_same_id_after_growing_pauses(receiver: Receiver) -> None:
    add(receiver.url)
    receiver.answers = [500, 429, 302]
    db_builders.delivered(1)
    sending = sender()
    for attempt in range(1, 4):
        assert sending.send_webhooks() == 1
        assert sending.send_webhooks() == 0, "its pause is not over"
        waiting = entry()
        assert (waiting["attempts"], waiting["delivered_at"]) == (attempt, None)
        assert waiting["due_at"] - waiting["sent_at"] >= PAUSES[attempt - 1] * 0.9
        make_due()
    assert sending.send_webhooks() == 1
    assert entry()["delivered_at"] is not None
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert {path for path, _, _ in receiver.requests} == {"/sluice"}, "no redirect is followed"


def test_after_the_last_pause_it_is_given_up_and_a_person_may_send_it_again(receiver: Receiver) -> None:
    add(receiver.url)
    db_builders.delivered(1)
    sending = sender()
    receiver.answers = [500]
    sending.send_webhooks()
    db_builders.execute("UPDATE webhook_deliveries SET attempts = :n, due_at = now()", n=len(PAUSES))
    receiver.answers = [500]
    sending.send_webhooks()
    assert (entry()["due_at"], entry()["error"]) == (None, "it answered 500")
    transact(partial(deliveries.resend, delivery_id=entry()["delivery"]))
    sending.send_webhooks()
    assert (entry()["status"], entry()["error"]) == (204, "")


def test_two_senders_send_each_delivery_once(receiver: Receiver) -> None:
    add(receiver.url)
    for _ in range(5):
        db_builders.delivered(1)
    first, second = sender(), sender()
    transact(deliveries.announce)
    claimed = transact(partial(deliveries.claim, limit=2))
    assert second.send_webhooks() == 3
    make_due()
    first.send_webhooks()
    assert len(claimed) == 2
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 5


def test_an_answer_that_comes_after_another_attempt_changes_nothing(receiver: Receiver) -> None:
    add(receiver.url)
    db_builders.delivered(1)
    transact(deliveries.announce)
    (stale,) = transact(partial(deliveries.claim, limit=1))
    make_due()
    sender().send_webhooks()
    transact(partial(deliveries.failed, delivery=stale, status=500, error="late"))
    assert (entry()["status"], entry()["error"]) == (204, "")


def test_a_target_on_this_machine_is_refused_unless_a_setting_allows_it(receiver: Receiver) -> None:
    add(receiver.url.replace("http://", "https://"))
    db_builders.delivered(1)
    sender(webhook_private=False).send_webhooks()
    assert "not a public address" in entry()["error"]
    assert receiver.requests == []


def test_a_removed_webhook_is_told_nothing_more(receiver: Receiver) -> None:
    webhook = add(receiver.url)
    db_builders.delivered(1)
    transact(deliveries.announce)
    transact(partial(events.remove, webhook_id=webhook.id))
    assert sender().send_webhooks() == 0
    assert receiver.requests == []


def test_a_chat_gets_a_sentence(receiver: Receiver) -> None:
    add(receiver.url, Format.SLACK)
    batch = db_builders.delivered(2)
    sender().send_webhooks()
    ((_, _, body),) = receiver.requests
    assert json.loads(body) == {"text": f"batch {batch} (acme/spring) is done: 2 delivered"}


def test_a_mail_goes_to_the_address_of_its_url(mail_server: MailServer) -> None:
    add("mailto:ops@example.com", Format.EMAIL)
    batch = db_builders.delivered(1)
    sender(smtp_url=SecretStr(f"smtp+insecure://127.0.0.1:{mail_server.port}")).send_webhooks()
    (mail,) = mail_server.mails
    assert "To: ops@example.com" in mail
    assert f"Subject: Sluice: batch {batch} (acme/spring) is done: 1 delivered" in mail
    assert entry()["delivered_at"] is not None


def test_mail_without_a_server_says_which_setting_is_missing() -> None:
    add("mailto:ops@example.com", Format.EMAIL)
    db_builders.delivered(1)
    sender().send_webhooks()
    assert "SLUICE_SMTP_URL" in entry()["error"]


def test_a_ping_reaches_one_webhook(receiver: Receiver) -> None:
    webhook = add(receiver.url)
    add(receiver.url)
    transact(partial(events.ping, webhook_id=webhook.id))
    assert sender().send_webhooks() == 1
    assert json.loads(receiver.requests[0][2])["type"] == "ping"


def test_the_log_is_kept_for_ninety_days(receiver: Receiver) -> None:
    add(receiver.url)
    db_builders.delivered(1)
    sending = sender()
    sending.send_webhooks()
    db_builders.execute("UPDATE webhook_events SET at = now() - interval '91 days'")
    transact(deliveries.forget_old)
    assert transact(deliveries.log) == []


def test_the_command_offers_the_events_that_there_are() -> None:
    assert {*EVENTS, "ping"} == set(Event)
