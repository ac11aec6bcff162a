"""A spot check in a browser, by keyboard alone."""

from typing import TYPE_CHECKING

import pytest

from tests.harness import db_builders
from tests.harness.browser import chromium, visit
from tests.harness.doubts import badly_filled
from tests.harness.line import Line

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.services, pytest.mark.slow]


def question(page: "Page") -> str:
    return str(page.locator(".verdict").get_attribute("action"))


def test_pictures_are_judged_and_answers_undone_by_keyboard_alone(desk: str, records: Line) -> None:
    from playwright.sync_api import expect

    ids = badly_filled(records.env["SLUICE_BUCKET_URL"], 5)
    for state in ("waiting", "working", "delivered"):
        db_builders.execute("UPDATE images SET state = :state WHERE id = ANY(:ids)", state=state, ids=ids)
    batch = db_builders.execute("SELECT batch_id FROM images WHERE id = :id", id=ids[0]).scalar()
    with chromium() as browser, visit(browser, desk, f"/batches/{batch}/spot-checks", scheme="dark") as page:
        page.get_by_role("button", name="Start the spot check").press("Enter")
        first = question(page)
        page.wait_for_load_state("load")  # the script that reads the keys
        page.keyboard.press("g")
        expect(page.locator("#bound")).to_contain_text("0 of 1")
        second = question(page)
        page.keyboard.press("b")
        expect(page.locator("#bound")).to_contain_text("1 of 2")
        page.keyboard.press("u")
        expect(page.locator("#bound")).to_contain_text("0 of 1")
        assert question(page) == second != first
        shown = page.locator(".pair img").nth(1)
        after = shown.get_attribute("src")
        page.keyboard.down(" ")
        expect(shown).not_to_have_attribute("src", str(after))
        page.keyboard.up(" ")
        expect(shown).to_have_attribute("src", str(page.evaluate(f"new URL('{after}', location).href")))
        page.keyboard.press("s")
        expect(page.locator("#check")).to_contain_text("1 could not be judged")
        page.keyboard.press("u")
        expect(page.locator("#check")).not_to_contain_text("could not be judged")
