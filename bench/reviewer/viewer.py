"""The viewer from image to image, and viewer and painter on a photo of 48 megapixels."""

import statistics
import time
from collections.abc import Callable, Mapping
from functools import partial
from operator import ne
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

WIDE, HIGH = 8000, 6000
"""Size of the huge photo (pixels)."""
IS_SHOWN = '#viewer[data-complete="true"]'
IS_DRAWN = '#painter[data-complete="true"]'
FRAMES = """() => {
  const frames = [];
  let last = performance.now();
  const count = (now) => { frames.push(now - last); last = now; window.frames = frames; requestAnimationFrame(count); };
  requestAnimationFrame(count);
}"""


def review_closely(page: "Page", image: int, *, images: int, look: float) -> list[float]:
    """Times (ms) from the key to the next image of the batch with its pictures, each looked at for ``look`` seconds."""
    page.goto(f"/images/{image}/view")
    page.wait_for_selector(IS_SHOWN)
    times = []
    for _ in range(images - 1):
        page.wait_for_timeout(1000 * look)
        before = page.url
        begun = time.perf_counter()
        page.keyboard.press("j")
        page.wait_for_url(partial(ne, before), wait_until="commit")
        page.wait_for_selector(IS_SHOWN)
        times.append(1000 * (time.perf_counter() - begun))
    return times


def measure_huge(page: "Page", image: int) -> Mapping[str, float]:
    """Times (ms) of viewer and painter on the photo of ``image``, of which no tiles are cut yet."""
    times = {"viewer, cut into tiles": _opened(page, f"/images/{image}/view", IS_SHOWN)}
    times["viewer, opened again"] = _opened(page, f"/images/{image}/view", IS_SHOWN)
    times["viewer, to 100 %"] = _timed(lambda: _press(page, "1", IS_SHOWN))
    times["painter, opened"] = _opened(page, f"/images/{image}/draw", IS_DRAWN)
    page.evaluate(FRAMES)
    box = page.locator("#painter canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.8 * box["width"], box["y"] + 0.6 * box["height"], steps=100)
    page.mouse.up()
    frames = sorted(page.evaluate("window.frames"))
    times["painter, frame while drawing, median"] = statistics.median(frames)
    times["painter, frame while drawing, 95 %"] = frames[int(0.95 * (len(frames) - 1))]

    def erase() -> None:
        page.get_by_role("button", name="Erase this").click()
        page.wait_for_url("**/batches/*", wait_until="commit")

    times["painter, mask stored"] = _timed(erase)
    return times


def _opened(page: "Page", path: str, shown: str) -> float:
    def open_() -> None:
        page.goto(path, wait_until="commit")
        page.wait_for_selector(shown)

    return _timed(open_)


def _press(page: "Page", key: str, shown: str) -> None:
    page.keyboard.press(key)
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.wait_for_selector(shown)


def _timed(act: Callable[[], None]) -> float:
    begun = time.perf_counter()
    act()
    return 1000 * (time.perf_counter() - begun)
