"""A whole review in a browser, by keyboard and by mouse: results come back to their place, and answers are undone."""

import re
from typing import TYPE_CHECKING

import pytest

from records.step_results import ORDERED_RESULT
from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.doubts import badly_filled, carry_out, doubtful

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

pytestmark = [pytest.mark.services, pytest.mark.slow]


def state(image: int) -> tuple[str, str]:
    row = db_builders.execute("SELECT state, reason FROM images WHERE id = :id", id=image).one()
    return str(row.state), row.reason


def card(page: "Page", image: int) -> "Locator":
    return page.locator(f"#image-{image}")


def test_a_review_by_keyboard_alone(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    print_, overlay, rest = doubtful(store, 3)
    with visit(browser, desk, f"/batches/{db_builders.batch_of(rest)}") as page:
        page.keyboard.press("?")
        expect(page.locator("#keys")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("a")
        expect(card(page, print_)).to_have_class(re.compile("decided"))
        expect(card(page, overlay)).to_be_focused()
        page.keyboard.press("1")
        page.keyboard.press("c")
        expect(card(page, overlay)).to_contain_text("choose at least one piece")
        page.keyboard.press("1")
        page.keyboard.press("c")
        expect(card(page, overlay)).to_contain_text("The line works on it")
        expect(card(page, rest)).to_be_focused()
        carry_out(store, overlay)
        expect(card(page, overlay)).to_contain_text("Take it")
        assert state(overlay) == ("flagged", ORDERED_RESULT)
        page.keyboard.press("k")
        page.keyboard.press("b")
        expect(card(page, overlay)).to_contain_text("It is an overlay")
        page.keyboard.press("o")
        expect(card(page, overlay)).to_contain_text("The line works on it")
        carry_out(store, overlay)
        expect(card(page, overlay)).to_contain_text("Take it")
        page.keyboard.press("k")
        page.keyboard.press("a")
        expect(card(page, overlay)).to_contain_text("taken")
        assert state(overlay)[0] == "waiting"
        page.keyboard.press("x")
        expect(card(page, rest)).to_have_class(re.compile("decided"))
        for image, reason in (
            (rest, "overlay_or_print"),
            (overlay, ORDERED_RESULT),
            (overlay, "overlay_or_print"),
        ):
            page.keyboard.press("u")
            expect(page.locator("#undo output")).to_contain_text(f"image {image}")
            expect(card(page, image)).to_contain_text(reason)
            assert state(image) == ("flagged", reason)


def test_a_review_by_mouse_alone(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    (image,) = doubtful(store)
    with visit(browser, desk, "/", scheme="dark") as page:
        page.locator(f'a[href="/batches/{db_builders.batch_of(image)}"]').first.click()
        page.wait_for_url("**/batches/*")  # until its scripts run, a click on a shape does nothing
        shape, box = (
            card(page, image).locator("polygon[data-region]"),
            card(page, image).locator("input[name=region]"),
        )
        expect(box).to_be_checked()
        shape.click()
        expect(box).not_to_be_checked()
        expect(shape).not_to_have_class(re.compile("chosen"))
        box.click()
        expect(shape).to_have_class(re.compile("chosen"))
        card(page, image).get_by_role("button", name="Erase the chosen pieces").click()
        expect(card(page, image)).to_contain_text("The line works on it")
        carry_out(store, image)
        card(page, image).get_by_role("button", name="Take it").click()
        expect(card(page, image)).to_contain_text("taken")
        page.get_by_role("button", name="Undo").click()
        expect(page.locator("#undo output")).to_contain_text(f"image {image}")
        expect(card(page, image)).to_contain_text("Take it")
        page.get_by_role("link", name="Your answers").click()
        page.locator("main").get_by_role("button", name="Undo").first.click()
        expect(page.locator("main")).to_contain_text("It is an overlay: erase all of it")
        assert state(image) == ("flagged", "overlay_or_print")


def test_a_desk_that_is_gone_is_told_and_loses_no_answer(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    (image,) = badly_filled(store)
    with visit(browser, desk, f"/batches/{db_builders.batch_of(image)}") as page:
        page.route("**/decision", lambda route: route.abort())
        page.keyboard.press("n")
        expect(card(page, image)).to_contain_text("the desk does not answer: nothing was saved")
        page.unroute("**/decision")
        page.keyboard.press("n")
        expect(card(page, image)).to_contain_text("kept as it was")
        assert state(image)[0] == "waiting"
