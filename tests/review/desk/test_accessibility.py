"""Every page passes axe-core, light and dark, wide and on a phone."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import pytest
from starlette.routing import Route

from records import workers
from records.rollouts import blind
from records.rollouts.blind import Side
from records.webhooks import deliveries, events
from records.webhooks.events import Event, Format
from records.workers import WorkerProcess
from review.desk.application import ROUTES
from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.context import transact
from tests.harness.doubts import badly_filled, doubtful
from tests.harness.finished import delivered
from tests.harness.line import Line
from tests.harness.scenes import rollouts
from tests.harness.scenes.templates import proposed

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.services, pytest.mark.slow]

NO_PAGES: Final = {
    "/batches/{batch:id}/images",  # leads to /images
    "/events",
    "/images/{image:id}/card",  # a part of other pages
    "/images/{image:id}/file",
    "/images/{image:id}/pictures/{name}",
    "/images/{image:id}/pictures/{name}/{level:id}/{column:id}-{row:id}",
    "/images/{image:id}/thumbnail.jpg",
    "/images/{image:id}/{name}.jpg",
    "/rollouts/{rollout:id}/pairs/{image:id}/{name}.jpg",
    "/spot-checks/{question:id}/{side}.jpg",
    "/templates/{template:id}.png",
}
"""Routes that answer pictures, data or parts of pages."""


@pytest.fixture(scope="module")
def paths(records: Line, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, list[str]]]:
    """URLs of every page with something on it, by route."""
    store = records.env["SLUICE_BUCKET_URL"]
    finished = delivered(store, tmp_path_factory.mktemp("out"))
    (doubt,), (fill,), shipped = doubtful(store), badly_filled(store), badly_filled(store, 3)
    for state in ("waiting", "working", "delivered"):
        db_builders.execute("UPDATE images SET state = :state WHERE id = ANY(:ids)", state=state, ids=shipped)
    halted = fill_overview()
    asked, compared = rollouts.with_pairs(store, 2), rollouts.with_pairs(store, 1, step="upscale")
    (pair,) = rollouts.pair_rows(compared)
    answer = partial(blind.answer, rollout_id=compared, image_id=pair.image_id, side=Side.LEFT)
    transact(partial(answer, person="person:ada"))
    proposed(store)
    write_webhook_log()
    flagged_batches = [db_builders.batch_of(image) for image in (doubt, fill)]
    batch = db_builders.batch_of(shipped[0])
    yield {
        "/": ["/"],
        "/login": ["/login"],
        "/readings": ["/readings"],
        "/batches/{batch:id}": [f"/batches/{each}" for each in (*flagged_batches, halted, batch)],
        "/answers": ["/answers"],
        "/batches/{batch:id}/spot-checks": [f"/batches/{batch}/spot-checks"],
        "/images": ["/images?state=flagged", "/images?state=flagged&group=1", f"/images?batch={batch}&sort=name"],
        "/images/{image:id}": [f"/images/{image}" for image in (doubt, fill, finished)],
        "/images/{image:id}/view": [f"/images/{image}/view" for image in (doubt, fill, finished)],
        "/images/{image:id}/draw": [f"/images/{doubt}/draw"],
        "/templates": ["/templates"],
        "/rollouts": ["/rollouts"],
        "/rollouts/start": ["/rollouts/start"],
        "/rollouts/{rollout:id}/pairs": [f"/rollouts/{number}/pairs" for number in (asked, compared)],
        "/webhooks": ["/webhooks"],
        "(an error)": ["/nowhere"],
    }  # fmt: skip
    rollouts.end_all()


def fill_overview() -> int:
    """A halted batch, which is answered, one in work, a trouble, and a worker with a GPU."""
    halted, running = db_builders.batch(4), db_builders.batch(4)
    db_builders.through(db_builders.shard(running, [row.id for row in db_builders.rows(running)[:2]]))
    statement = "UPDATE batches SET state = 'halted', halt_reason = 'by hand' WHERE id = :b"
    db_builders.execute(statement, b=halted)
    db_builders.execute(
        "INSERT INTO troubles (kind, subject, sentence) VALUES ('step', 'find_text', 'waits')"
    )
    beat = WorkerProcess("gpu@here", "p", "here", 1, ("upscale",), "cuda:0", 9 * 10**8, 7 * 10**9, 8 * 10**10)
    transact(partial(workers.beat, worker=beat))
    return halted


def write_webhook_log() -> None:
    """A webhook, and messages that wait."""
    add = partial(events.add, url="https://hooks.example.com/T0/secret", events=[Event.BATCH_DONE])
    transact(partial(add, kind=Format.STANDARD, person="person:ada"))
    db_builders.delivered(1)
    transact(deliveries.announce)


def violations(page: "Page") -> list[str]:
    """Each violation: its rule, and the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    results = axe.Axe().run(page).response["violations"]
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in results]


def test_every_route_of_the_desk_is_looked_at_or_is_no_page(paths: dict[str, list[str]]) -> None:
    routes = {route.path for route in ROUTES if isinstance(route, Route) and "GET" in (route.methods or ())}
    assert routes == {*paths, *NO_PAGES} - {"(an error)"}


@pytest.mark.parametrize("is_phone", [False, True])
def test_no_page_violates_a_rule(
    browser: "Browser", desk: str, paths: dict[str, list[str]], is_phone: bool
) -> None:
    problems: dict[str, list[str]] = {}
    with visit(browser, desk, "/login", is_phone=is_phone) as page:
        for path in (each for urls in paths.values() for each in urls):
            page.goto(path)
            start = page.get_by_role("button", name="Start the spot check")
            if start.count():
                problems[f"{path}, before it starts"] = looked_at(page)
                start.click()
                page.locator(".verdict").wait_for()
            problems[path] = looked_at(page)
        page.goto("/")
        page.keyboard.press("?")
        problems["the list of keys"] = looked_at(page)
    assert {path: rules for path, rules in problems.items() if rules} == {}


def looked_at(page: "Page") -> list[str]:
    """What is wrong with the page, light or dark."""
    problems = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        page.emulate_media(color_scheme=scheme)
        problems += [f"{scheme}, {each}" for each in violations(page)]
    width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return [*problems, f"{width} pixels wider than the screen"] if width > 0 else problems


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_neither_does_the_login(browser: "Browser", desk: str, scheme: Literal["light", "dark"]) -> None:
    context = browser.new_context(base_url=desk, color_scheme=scheme)
    page = context.new_page()
    page.goto("/")
    assert "/login" in page.url
    assert violations(page) == []
    page.evaluate("document.documentElement.removeAttribute('lang')")
    assert any("html-has-lang" in each for each in violations(page)), "a fault would be reported"
    context.close()
