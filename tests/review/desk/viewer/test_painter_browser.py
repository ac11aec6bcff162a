"""The painter in a browser: quick on a huge photo, undone stroke by stroke, and nothing drawn is lost."""

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from imaging import intermediate
from line.picture import Mask
from tests.harness import db_builders
from tests.harness.browser import login_header, visit
from tests.harness.context import bucket
from tests.harness.finished import huge_doubt

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.services, pytest.mark.slow]

WIDE, HIGH = 8000, 6000
"""A photo of 48 megapixels."""


def mask_of(store: str, image: int) -> Mask:
    key = db_builders.execute("SELECT mask FROM images WHERE id = :id", id=image).scalar()
    return intermediate.decode_mask(bucket(store).get(str(key)))


def loaded(page: "Page") -> None:
    page.wait_for_selector("#painter[data-complete=true]")


def box(page: "Page") -> tuple[float, float, float, float]:
    place = page.locator("#painter canvas").bounding_box()
    assert place is not None
    return place["x"], place["y"], place["width"], place["height"]


def drag(page: "Page", start: tuple[float, float], end: tuple[float, float]) -> None:
    """Draw with the mouse between two places, as shares of the canvas."""
    left, top, width, height = box(page)
    page.mouse.move(left + start[0] * width, top + start[1] * height)
    page.mouse.down()
    page.mouse.move(left + end[0] * width, top + end[1] * height, steps=8)
    page.mouse.up()


def strokes(page: "Page", count: int) -> None:
    page.wait_for_selector(f'#painter[data-strokes="{count}"]')


def covered(page: "Page", across: float, down: float) -> bool:
    """Whether the mask, which is magenta, lies at a place of the canvas."""
    left, top, width, height = box(page)
    x, y = left + across * width, top + down * height
    data = page.screenshot(clip={"x": x, "y": y, "width": 1, "height": 1})
    red, green, blue = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))[0, 0].astype(int)
    return bool(min(red, blue) - green > 60)


def test_a_mask_is_drawn_on_a_photo_of_48_megapixels(browser: "Browser", desk: str, store: str) -> None:
    from playwright.sync_api import expect

    image = huge_doubt(store, WIDE, HIGH)
    with visit(browser, desk, f"/images/{image}/draw") as page:
        loaded(page)
        assert page.evaluate("document.querySelector('#painter canvas').width") < 2000
        drag(page, (0.5, 0.4), (0.6, 0.4))
        page.keyboard.press("m")
        drag(page, (0.5, 0.6), (0.6, 0.7))
        strokes(page, 2)
        page.keyboard.press("z")
        strokes(page, 1)
        page.keyboard.press("z")
        strokes(page, 0)
        expect(page.get_by_role("button", name="Undo stroke")).to_be_disabled()
        page.keyboard.press("y")
        page.keyboard.press("y")
        strokes(page, 2)
        page.keyboard.press("b")
        page.mouse.move(*box(page)[:2])
        drag(page, (0.3, 0.9), (0.35, 0.9))
        page.keyboard.press("z")
        strokes(page, 2)
        page.get_by_role("button", name="Erase this").click()
        page.wait_for_url("**/batches/*")
    mask = mask_of(store, image)
    assert mask.shape == (HIGH, WIDE)
    assert (mask[110:190, 110:490] == 255).all(), "the mask that was found is still there"
    rows, columns = np.nonzero(mask[1000:])
    assert 0.01 < mask.mean() / 255 < 0.1
    middle = mask[HIGH // 2 + 700 : HIGH // 2 + 900, WIDE // 2 + 100 : WIDE // 2 + 300]
    assert (middle == 255).all(), "the box"
    assert columns.min() > 0.45 * WIDE
    assert rows.max() + 1000 < 0.8 * HIGH


def test_a_drawing_survives_a_reload_and_leaving_asks_first(
    browser: "Browser", desk: str, store: str
) -> None:
    from playwright.sync_api import expect

    image = huge_doubt(store, 900, 600)
    with visit(browser, desk, f"/images/{image}/draw") as page:
        loaded(page)
        drag(page, (0.4, 0.7), (0.6, 0.7))
        strokes(page, 1)
        asked: list[str] = []

        def accept(dialog: object) -> None:
            asked.append(dialog.type)  # type: ignore[attr-defined]
            dialog.accept()  # type: ignore[attr-defined]

        page.on("dialog", accept)
        page.reload()
        assert asked == ["beforeunload"]
        loaded(page)
        strokes(page, 1)
        expect(page.locator("#tools output")).to_have_text("Your drawing is here again.")
        assert covered(page, 0.5, 0.7)
        page.get_by_role("button", name="Clear").click()
        strokes(page, 2)
        page.keyboard.press("z")
        strokes(page, 1)


def test_a_mask_is_drawn_by_finger_and_two_fingers_zoom(browser: "Browser", desk: str, store: str) -> None:
    image = huge_doubt(store, 900, 600)
    context = browser.new_context(
        base_url=desk,
        extra_http_headers=login_header("ada"),
        viewport={"width": 390, "height": 780},
        has_touch=True,
        is_mobile=True,
    )
    page = context.new_page()
    page.goto(f"/images/{image}/draw")
    loaded(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    left, top, width, height = box(page)
    fingers = context.new_cdp_session(page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        listed = [
            {"x": left + x * width, "y": top + y * height, "id": number}
            for number, (x, y) in enumerate(points)
        ]
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": listed})

    touch("touchStart", (0.4, 0.5))
    touch("touchMove", (0.5, 0.5))
    touch("touchMove", (0.6, 0.5))
    touch("touchEnd")
    strokes(page, 1)
    before = float(page.locator("#painter").get_attribute("data-zoom") or "nan")
    touch("touchStart", (0.4, 0.5))
    touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    touch("touchMove", (0.3, 0.5), (0.7, 0.5))
    touch("touchMove", (0.2, 0.5), (0.8, 0.5))
    touch("touchEnd")
    page.wait_for_function(f"Number(document.querySelector('#painter').dataset.zoom) > {1.5 * before}")
    strokes(page, 1)
    context.close()
