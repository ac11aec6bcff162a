"""The viewer in a browser: opens at the worst place, compares by flicker, slider and side by side, keeps the zoom."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.harness import db_builders
from tests.harness.browser import visit
from tests.harness.doubts import BLUE, GREEN, HIGH, WIDE, badly_filled
from tests.harness.finished import delivered

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

pytestmark = [pytest.mark.services, pytest.mark.slow]


def colour(page: "Page", across: float, down: float = 0.5) -> tuple[int, ...]:
    """RGB of the canvas at shares of its width and height."""
    script = """(canvas, [x, y]) => [...canvas.getContext("2d").getImageData(
        Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1).data].slice(0, 3)"""
    return tuple(page.locator("#viewer canvas").evaluate(script, [across, down]))


def is_colour(shown: tuple[int, ...], wanted: tuple[int, int, int]) -> bool:
    return max(abs(one - other) for one, other in zip(shown, wanted, strict=True)) < 12


def wait(page: "Page", across: float, wanted: tuple[int, int, int], down: float = 0.5) -> None:
    """Wait until the canvas has a colour there."""
    script = """([x, y, wanted]) => {
        const canvas = document.querySelector("#viewer canvas");
        const at = [Math.round(x * canvas.width), Math.round(y * canvas.height), 1, 1];
        const shown = canvas.getContext("2d").getImageData(...at).data;
        return wanted.every((level, index) => Math.abs(level - shown[index]) < 12);
    }"""
    page.wait_for_function(script, arg=[across, down, list(wanted)])


def figure(page: "Page", name: str) -> float:
    return float(page.locator("#viewer").get_attribute(f"data-{name}") or "nan")


def stands(page: "Page", name: str, value: str) -> None:
    from playwright.sync_api import expect

    expect(page.locator("#viewer")).to_have_attribute(f"data-{name}", re.compile(value))


def drag(page: "Page", start: tuple[float, float], end: tuple[float, float]) -> None:
    """Move the mouse with its button held down."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


def test_it_opens_at_the_worst_place_and_compares_in_three_ways(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    first, second = badly_filled(store, 2)
    with visit(browser, desk, f"/images/{first}") as page:
        page.keyboard.press("v")
        wait(page, 0.5, BLUE)
        assert figure(page, "x") == pytest.approx(30 / WIDE, abs=0.01)
        assert figure(page, "y") == pytest.approx(15 / WIDE, abs=0.01)
        expect(page.locator(".places button")).to_have_text("An edge is visible around the filled area")

        page.keyboard.down("f")
        wait(page, 0.5, GREEN)
        page.keyboard.up("f")
        wait(page, 0.5, BLUE)

        page.keyboard.press("p")
        wait(page, 0.45, GREEN)
        assert is_colour(colour(page, 0.55), BLUE)
        box = page.locator("#viewer canvas").bounding_box()
        assert box is not None
        middle = box["y"] + box["height"] / 2
        drag(page, (box["x"] + box["width"] / 2, middle), (box["x"] + box["width"] * 0.6, middle))
        wait(page, 0.55, GREEN)
        assert is_colour(colour(page, 0.65), BLUE)

        page.keyboard.press("w")
        wait(page, 0.25, GREEN)
        wait(page, 0.75, BLUE)
        place = (figure(page, "x"), figure(page, "y"))
        drag(page, (box["x"] + box["width"] * 0.75, middle), (box["x"] + box["width"] * 0.7, middle - 20))
        stands(page, "mode", "side")
        assert (figure(page, "x"), figure(page, "y")) != place

        page.keyboard.press("w")
        page.keyboard.press("1")
        expect(page.locator("#viewer .status")).to_contain_text("100 %")
        page.keyboard.press("]")
        expect(page.locator("#viewer .status")).to_contain_text("100 %")
        page.keyboard.press("j")
        page.wait_for_url(f"**/images/{second}/view?keep=1")
        expect(page.locator("#viewer .status")).to_contain_text("100 %")
        page.keyboard.press("0")
        expect(page.locator("#viewer .status")).not_to_contain_text("100 %")


def test_an_answer_in_the_viewer_leads_to_the_next_image(browser: "Browser", desk: str, store: str) -> None:
    first, second = badly_filled(store, 2)
    with visit(browser, desk, f"/images/{first}/view") as page:
        wait(page, 0.5, BLUE)
        page.keyboard.press("n")
        page.wait_for_url(f"**/images/{second}/view?keep=1")
        page.keyboard.press("x")
        page.wait_for_url("**/batches/*")
    states = [
        str(db_builders.execute("SELECT state FROM images WHERE id = :id", id=image).scalar())
        for image in (first, second)
    ]
    assert states == ["waiting", "discarded"]


def test_a_delivered_picture_is_opened_from_its_page_on_a_phone(
    browser: "Browser", desk: str, store: str, tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    failed: set[str] = set()

    def fail_once(route: "Route") -> None:
        if route.request.url in failed:
            route.continue_()
        else:
            failed.add(route.request.url)
            route.abort()

    image = delivered(store, tmp_path)
    with visit(browser, desk, f"/images/{image}", scheme="dark") as page:
        page.set_viewport_size({"width": 390, "height": 780})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.route(re.compile(r"/pictures/.+/\d+/\d+-\d+$"), fail_once)
        page.locator(".pictures a", has_text="Delivered file").click()
        wait(page, 0.5, BLUE)
        expect(page.locator("#viewer .status")).to_contain_text(f"Delivered file · {WIDE} × {HIGH}")
        button = page.locator("[data-action=flicker]")
        button.dispatch_event("pointerdown")
        wait(page, 0.5, GREEN)
        button.dispatch_event("pointerup")
        wait(page, 0.5, BLUE)
        stands(page, "complete", "true")
        assert failed
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
