"""The streams of open pages: one reader for all, news only, bounded, and over when the desk stops."""

import asyncio
import json
import threading
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from line.errors import ServiceError
from review.desk.live import feed as feeds
from review.desk.live import view
from review.desk.live.feed import Feed, Subscription
from review.desk.live.presence import Presence
from review.desk.live.reader import LiveReader
from tests.harness import db_builders
from tests.harness.context import database
from tests.harness.line import Line
from tests.harness.waiting import PATIENCE

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture
def feed(records: Line) -> Iterator[Feed]:
    opened = Feed(database(), view.parts)
    yield opened
    opened.close()


def parsed(messages: list[str]) -> list[tuple[str, Any]]:
    """Event and data of each message."""
    lines = [message.splitlines() for message in messages]
    return [(event.partition(": ")[2], json.loads(data.partition(": ")[2])) for event, data, *_ in lines]


async def until(subscription: Subscription, event: str, *, holds: str = "") -> Any:
    """The data of the next such event that holds some text."""
    while messages := await subscription.next(PATIENCE):
        for name, data in parsed(messages):
            if name == event and holds in json.dumps(data):
                return data
    raise AssertionError(f"no {event} with {holds!r}")


def test_a_page_is_sent_all_parts_and_afterwards_what_changed(feed: Feed) -> None:
    async def watch() -> None:
        page = feed.subscribe("ada")
        await until(page, "part")
        batch = db_builders.batch(3)
        part = await until(page, "part", holds=f"/batches/{batch}")
        assert part["name"] == "batches"
        db_builders.through(db_builders.shard(batch))
        assert batch in await until(page, "batches")

    asyncio.run(watch())


def test_ten_pages_cost_as_many_looks_as_one(feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[float] = []
    take = LiveReader._take

    def counted(self: LiveReader, connection: sa.Connection) -> Any:
        look = take(self, connection)
        looks.append(look.taken_at)
        return look

    monkeypatch.setattr(LiveReader, "_take", counted)

    async def watch() -> None:
        pages = [feed.subscribe(f"person{number}") for number in range(10)]
        batch = db_builders.batch(1)
        await asyncio.gather(*(until(page, "part", holds=f"/batches/{batch}") for page in pages))

    asyncio.run(watch())
    assert len(looks) <= 1 + looks[-1] - looks[0], "at most one look a second"


def test_a_page_that_takes_nothing_holds_the_newest_of_each_part_alone() -> None:
    async def watch() -> None:
        page = Subscription("ada")
        for number in range(1000):
            page.put({"batches": feeds.message("part", number)})
        await asyncio.sleep(0)
        assert parsed(await page.next(PATIENCE)) == [("part", 999)]

    asyncio.run(watch())


def test_the_number_of_streams_is_bounded_by_person_and_in_all(
    feed: Feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "MAX_STREAMS_OF_PERSON", 2)
    monkeypatch.setattr(feeds, "MAX_STREAMS", 3)

    async def watch() -> None:
        first = feed.subscribe("ada")
        feed.subscribe("ada")
        with pytest.raises(ServiceError, match="too many pages"):
            feed.subscribe("ada")
        feed.subscribe("bob")
        with pytest.raises(ServiceError, match="too many pages"):
            feed.subscribe("cy")
        feed.unsubscribe(first)
        feed.subscribe("ada")

    asyncio.run(watch())


def test_closing_ends_every_stream_and_the_thread(records: Line) -> None:
    async def watch() -> None:
        closing = Feed(database(), view.parts)
        page = closing.subscribe("ada")
        await until(page, "part")
        await asyncio.to_thread(closing.close)
        while not page.is_over:
            await page.next(PATIENCE)
        with pytest.raises(ServiceError, match="stops"):
            closing.subscribe("ada")

    asyncio.run(watch())
    assert "overview" not in [thread.name for thread in threading.enumerate()]


def test_pages_are_sent_who_looks_at_what(feed: Feed) -> None:
    async def watch() -> None:
        page = feed.subscribe("ada")
        feed.looks_at("bob", 17)
        assert await until(page, "looking", holds="bob") == {"17": ["bob"]}
        feed.looks_at("bob", None)
        looking: Mapping[str, Any] = {"17": ["bob"]}
        while looking:
            looking = await until(page, "looking")

    asyncio.run(watch())


def test_somebody_who_is_not_reported_any_more_no_longer_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    presence = Presence()
    assert presence.note("bob", 17)
    assert not presence.note("bob", 17), "the same again is no news"
    assert not presence.expire()
    monkeypatch.setattr("review.desk.live.presence.EXPIRE_SECONDS", -1)
    assert presence.expire()
    assert presence.by_image() == {}
