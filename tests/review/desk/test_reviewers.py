"""A whole review on a phone with a finger, and two reviewers at the same images."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.doubts import badly_filled, doubtful

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page, Route

pytestmark = [pytest.mark.services, pytest.mark.slow]


def state(image: int) -> str:
    return str(db_builders.execute("SELECT state FROM images WHERE id = :id", id=image).scalar())


def card(page: "Page", image: int) -> "Locator":
    return page.locator(f"#image-{image}")


def test_a_whole_review_on_a_phone(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    print_, overlay, rest = doubtful(store, 3)
    with visit(browser, desk, "/", is_phone=True) as page:
        page.locator(f'a[href="/batches/{db_builders.batch_of(rest)}"]').first.tap()
        page.wait_for_url("**/batches/*")
        card(page, print_).get_by_role("button", name="It is print").tap()
        expect(card(page, print_)).to_have_class(re.compile("decided"))
        card(page, overlay).locator("polygon[data-region]").tap()
        expect(card(page, overlay).locator("input[name=region]")).not_to_be_checked()
        card(page, overlay).locator("input[name=region]").tap()
        card(page, overlay).get_by_role("button", name="Erase the chosen pieces").tap()
        expect(card(page, overlay)).to_contain_text("The line works on it")
        card(page, rest).get_by_role("button", name="Discard").tap()
        expect(card(page, rest)).to_have_class(re.compile("decided"))
        assert (state(print_), state(overlay), state(rest)) == ("waiting", "waiting", "discarded")
        page.get_by_role("button", name="Undo").tap()
        expect(page.locator("#undo output")).to_contain_text(f"image {rest}")
        expect(card(page, rest).get_by_role("button", name="Discard")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_of_two_reviewers_the_first_answer_counts_and_the_other_is_told(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    first, second = badly_filled(store, 2)
    path = f"/batches/{db_builders.batch_of(first)}"
    with visit(browser, desk, path) as ada, visit(browser, desk, path, name="bob") as bob:
        ada.keyboard.press("x")
        expect(card(ada, first)).to_have_class(re.compile("decided"))
        card(bob, first).get_by_role("button", name="Good: use the result").click()
        expect(card(bob, first)).to_contain_text("is not flagged any more")
        assert state(first) == "discarded"
        card(bob, second).get_by_role("button", name="Discard").click()
        expect(card(bob, second)).to_have_class(re.compile("decided"))
        assert state(second) == "discarded"
    actors = db_builders.execute(
        "SELECT actor FROM decisions WHERE image_id IN (:a, :b) ORDER BY image_id", a=first, b=second
    )
    assert [row.actor for row in actors] == ["person:ada", "person:bob"]


def test_the_next_picture_is_shown_before_the_answer_has_arrived_and_a_refused_answer_comes_back(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    first, second = badly_filled(store, 2)
    with visit(browser, desk, f"/batches/{db_builders.batch_of(first)}") as page:
        held: list[Route] = []
        page.route("**/decision", lambda route: held.append(route))
        page.reload()  # a page that is open already may send its next request past the route
        page.keyboard.press("x")
        expect(card(page, second)).to_be_focused()
        assert state(first) == "flagged"
        held[0].abort()
        expect(card(page, first)).to_contain_text("nothing was saved")
        expect(card(page, first)).to_be_focused()


def test_a_review_goes_on_beyond_the_end_of_a_page(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    images = doubtful(store, 23)
    with visit(browser, desk, f"/batches/{db_builders.batch_of(images[0])}") as page:
        expect(page.locator(".card")).to_have_count(20)
        for _ in range(18):
            page.keyboard.press("j")
        expect(page.locator(".card")).to_have_count(23)
        expect(page.locator("a.more")).to_have_count(0)
