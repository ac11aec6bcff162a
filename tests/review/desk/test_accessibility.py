"""Every page passes axe-core, light and dark, wide and on a phone."""

from functools import partial
from typing import TYPE_CHECKING, Literal

import pytest

from records import workers
from records.workers import WorkerProcess
from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.context import transact
from tests.harness.doubts import badly_filled, doubtful
from tests.harness.line import Line

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def paths(records: Line) -> list[str]:
    """Every page, with something on it."""
    store = records.env["SLUICE_BUCKET_URL"]
    (doubt,), (fill,) = doubtful(store), badly_filled(store)
    halted, running = db_builders.batch(4), db_builders.batch(4)
    db_builders.through(db_builders.shard(running, [row.id for row in db_builders.rows(running)[:2]]))
    db_builders.execute(
        "UPDATE batches SET state = 'halted', halt_reason = 'by hand' WHERE id = :b", b=halted
    )
    db_builders.execute(
        "INSERT INTO troubles (kind, subject, sentence) VALUES ('step', 'find_text', 'waits')"
    )
    beat = WorkerProcess("gpu@here", "p", "here", 1, ("upscale",), "cuda:0", 9 * 10**8, 7 * 10**9, 8 * 10**10)
    transact(partial(workers.beat, worker=beat))
    delivered = badly_filled(store, 3)
    for state in ("waiting", "working", "delivered"):
        db_builders.execute(
            "UPDATE images SET state = :state WHERE id = ANY(:ids)", state=state, ids=delivered
        )
    batches = {db_builders.batch_of(image) for image in (doubt, fill)} | {halted}
    return [
        "/",
        "/readings",
        *(f"/batches/{batch}" for batch in sorted(batches)),
        *(f"/images/{image}" for image in (doubt, fill)),
        f"/images/{doubt}/draw",
        "/images?state=flagged",
        "/images?state=flagged&group=1",
        f"/images?batch={db_builders.batch_of(delivered[0])}&sort=name",
        f"/batches/{db_builders.batch_of(delivered[0])}/spot-checks",
        "/templates",
        "/answers",
        "/webhooks",
        "/nowhere",
    ]


def violations(page: "Page") -> list[str]:
    """Each violation: its rule, and the elements."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    results = axe.Axe().run(page).response["violations"]
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes'][:3]]}" for each in results]


@pytest.mark.parametrize(("scheme", "is_phone"), [("light", False), ("dark", False), ("light", True)])
def test_no_page_violates_a_rule(
    browser: "Browser", desk: str, paths: list[str], scheme: Literal["light", "dark"], is_phone: bool
) -> None:
    problems: dict[str, list[str]] = {}
    with visit(browser, desk, "/login", scheme=scheme, is_phone=is_phone) as page:
        for path in paths:
            page.goto(path)
            problems[path] = violations(page)
            start = page.get_by_role("button", name="Start the spot check")
            if start.count():
                start.click()
                page.locator(".verdict").wait_for()
                problems[path] += violations(page)
            if is_phone and page.evaluate("document.documentElement.scrollWidth") > 390:
                problems[path].append("it is wider than the screen")
        page.goto(paths[0])
        page.keyboard.press("?")
        problems["the list of keys"] = violations(page)
    assert {path: rules for path, rules in problems.items() if rules} == {}


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
