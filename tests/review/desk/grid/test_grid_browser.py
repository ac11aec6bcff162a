"""The grid in a browser, by keyboard and by mouse: many are chosen, answered and undone at once."""

import re
from typing import TYPE_CHECKING

import pytest

from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.doubts import badly_filled, doubtful

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.services, pytest.mark.slow]


def states(ids: list[int]) -> list[str]:
    query = "SELECT state FROM images WHERE id = :id"
    return [str(db_builders.execute(query, id=image).scalar()) for image in ids]


def box(page: "Page", image: int) -> "Locator":
    return page.locator(f"#tile-{image} input[name=image]")


def test_many_are_chosen_answered_and_undone_by_keyboard_alone(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    ids = doubtful(store, 4)
    with visit(
        browser, desk, f"/images?batch={db_builders.batch_of(ids[0])}&state=flagged&sort=upload"
    ) as page:
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        expect(box(page, ids[0])).to_be_checked()
        page.keyboard.press("Shift+ArrowRight")
        expect(box(page, ids[1])).to_be_checked()
        page.keyboard.press("ArrowRight")
        page.keyboard.press(" ")
        page.keyboard.press(" ")
        expect(page.locator(".chosen-count")).to_have_text("2 chosen")
        page.keyboard.press("x")
        expect(page.locator(".bulk output")).to_contain_text("2 images answered")
        assert states(ids) == ["discarded", "discarded", "flagged", "flagged"]
        expect(page.locator(f"#tile-{ids[2]} .picture")).to_be_focused()
        page.keyboard.press("u")
        expect(page.locator("#undo output")).to_contain_text("2 images")
        expect(page.locator(".tile.answered")).to_have_count(0)
        assert states(ids) == ["flagged"] * 4
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(rf"/images/{ids[0]}$"))


def test_a_range_is_chosen_by_clicks_and_results_are_taken_once_they_were_shown(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    ids = badly_filled(store, 3)
    with visit(
        browser, desk, f"/images?batch={db_builders.batch_of(ids[0])}&state=flagged&sort=upload"
    ) as page:
        pictures = page.locator(".tile img")
        page.route("**/thumbnail.jpg*", lambda route: route.abort())
        page.reload()
        page.keyboard.press("e")
        page.keyboard.press("a")
        expect(page.locator(".bulk output")).to_contain_text("not shown")
        assert states(ids) == ["flagged"] * 3
        page.unroute("**/thumbnail.jpg*")
        page.reload()
        for picture in pictures.all():
            expect(picture).to_have_js_property("complete", True)
        pictures.nth(0).click()
        pictures.nth(2).click(modifiers=["Shift"])
        expect(page.locator(".chosen-count")).to_have_text("3 chosen")
        page.get_by_role("button", name="Good: use the result").click()
        expect(page.locator(".bulk output")).to_contain_text("3 images answered")
        assert states(ids) == ["waiting"] * 3
