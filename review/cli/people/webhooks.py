"""``sluice webhooks``: other systems that are told of events."""

from functools import partial
from typing import Any

import click

from line.errors import InputError
from review.cli.options import json_option
from review.cli.person import current_actor
from review.cli.session import Session, pass_session

EVENTS = (
    "batch.done",
    "batch.tripped",
    "batch.halted",
    "review.waiting",
    "budget.near",
    "trouble.begun",
    "trouble.ended",
)
"""The values of ``records.webhooks.events.Event`` but the ping, which a test holds them against."""


@click.group()
def webhooks() -> None:
    """Send events to other systems: as signed requests, chat messages or mail.

    \b
    batch.done        every image of a batch has settled
    batch.tripped     the breaker halted a batch
    batch.halted      a person, a program or a budget halted a batch
    review.waiting    images of a batch wait for people
    budget.near       80 % of a budget are spent
    trouble.begun     something has been stuck for a minute; trouble.ended: it goes on

    A message that the receiver does not accept is sent again after 5 seconds, then with growing pauses for three days.
    """


@webhooks.command()
@click.argument("url")
@click.option(
    "--event",
    "events",
    type=click.Choice(EVENTS),
    multiple=True,
    help="Only this event; repeat for several. All if not given.",
)
@click.option(
    "--format",
    "kind",
    type=click.Choice(["standard", "slack", "email"]),
    help="By the URL if not given.",
)
@json_option
@pass_session
def add(session: Session, url: str, events: tuple[str, ...], kind: str | None, as_json: bool) -> None:
    """Add a webhook: URL is https://HOST/PATH, or mailto:ADDRESS for mail. Prints its number and secret.

    Example: sluice webhooks add https://hooks.example.com/sluice --event batch.done --event batch.tripped
    """
    from records.webhooks import events as records
    from review.cli import console
    from scheduler.webhooks import sender, target

    chosen = kind or ("email" if url.startswith("mailto:") else "standard")
    if (chosen == "email") != url.startswith("mailto:"):
        raise InputError(f"{url}: --format email needs mailto:ADDRESS, the others https://HOST/PATH")
    if chosen == "email":
        sender.smtp_server(session.settings)
    else:
        target.check_url(url, allow_private=session.settings.webhook_private)
    wanted = [records.Event(event) for event in events or EVENTS]
    make = partial(records.add, url=url, events=wanted, kind=records.Format(chosen), person=current_actor())
    with session.line() as line:
        webhook = line.database.transact(make)
    if as_json:
        console.as_json({"webhook": webhook.id, "secret": webhook.secret})
    else:
        click.echo(f"webhook {webhook.id}; its messages are signed with {webhook.secret}")


@webhooks.command(name="list")
@json_option
@pass_session
def list_(session: Session, as_json: bool) -> None:
    """List the webhooks and the events that they receive."""
    from records.webhooks import events as records
    from review.cli import console

    with session.line() as line:
        listed = line.database.transact(records.listed)
    if as_json:
        console.as_json(
            [
                {"webhook": each.id, "url": each.url, "format": each.format, "events": each.events}
                for each in listed
            ]
        )
        return
    lines = ((each.id, each.url, each.format, " ".join(each.events)) for each in listed)
    console.rows("webhooks", ("webhook", "url", "format", "events"), lines)


@webhooks.command()
@click.option("--webhook", type=int, metavar="ID", help="Only of this webhook.")
@click.option("--undelivered", is_flag=True, help="Only deliveries that the receiver did not accept.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="Newest deliveries."
)
@json_option
@pass_session
def log(session: Session, webhook: int | None, undelivered: bool, limit: int, as_json: bool) -> None:
    """Show the newest deliveries: what was sent, when, and what the receiver answered."""
    from records.webhooks import deliveries
    from review.cli import console

    read = partial(deliveries.log, webhook_id=webhook, undelivered=undelivered, limit=limit)
    with session.line() as line:
        entries = line.database.transact(read)
    if as_json:
        console.as_json(entries)
        return
    columns = ("delivery", "webhook", "event", "subject", "at", "attempts", "outcome")
    console.rows(
        "deliveries", columns, ([*map(entry.get, columns[:-1]), _outcome(entry)] for entry in entries)
    )


@webhooks.command()
@click.argument("delivery", type=int)
@pass_session
def resend(session: Session, delivery: int) -> None:
    """Send DELIVERY of the log again now, even if the receiver accepted it before."""
    from records.webhooks import deliveries

    with session.line() as line:
        line.database.transact(partial(deliveries.resend, delivery_id=delivery))
    click.echo(f"delivery {delivery} is sent again by the next scheduler")


@webhooks.command()
@click.argument("webhook", type=int)
@pass_session
def ping(session: Session, webhook: int) -> None:
    """Send a test message to WEBHOOK; `sluice webhooks log` shows what it answered."""
    from records.webhooks import events as records

    with session.line() as line:
        delivery = line.database.transact(partial(records.ping, webhook_id=webhook))
    click.echo(f"delivery {delivery} is sent by the next scheduler")


@webhooks.command()
@click.argument("webhook", type=int)
@pass_session
def remove(session: Session, webhook: int) -> None:
    """Remove WEBHOOK: messages that were not delivered yet are dropped, and its log stays."""
    from records.webhooks import events as records

    with session.line() as line:
        line.database.transact(partial(records.remove, webhook_id=webhook))
    click.echo(f"webhook {webhook} is removed")


def _outcome(entry: dict[str, Any]) -> str:
    if entry["delivered_at"]:
        return f"taken {entry['delivered_at'].astimezone():%H:%M:%S}"
    if entry["due_at"] is None:
        return f"given up: {entry['error']}"
    waits = f"next {entry['due_at'].astimezone():%Y-%m-%d %H:%M:%S}"
    return f"{entry['error']}; {waits}" if entry["error"] else waits


COMMANDS = [webhooks]
