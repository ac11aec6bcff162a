"""A scripted reviewer at the desk: time to the next picture after each answer, and decisions a minute.

An embedded Postgres holds flagged fills with pictures of 1600 x 1200 pixels. Debian's Chromium looks at each a while
and answers by key; the time is from the key to the next image with all its pictures loaded. It includes what the
browser and the desk take, on one machine. Then the viewer is opened on one image after the other, and viewer and
painter on a photo of 48 megapixels; the driver of the browser, some 10 ms an action, is in these times.

Exit code 1 where the median is over its limit.
"""

import base64
import contextlib
import os
import shutil
import socket
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from pydantic import SecretStr

from bench import entry
from bench.reviewer import viewer
from line.settings import load_settings
from records.database import Database
from review.desk.drawing.pool import DrawingPool
from review.desk.serve import server
from stack.servers.postgres import EmbeddedPostgres
from tasks.context import Context

if TYPE_CHECKING:
    from playwright.sync_api import Page

LIMIT_MS: Final = 100.0
"""Maximum median time to the next picture (ms)."""
PASSWORD: Final = "of-the-benchmark"
WIDE, HIGH, DISTINCT = 1600, 1200, 8
"""Size of the pictures, and how many different ones there are."""
ANSWER: Final = """async (key) => {
  const before = document.activeElement.closest(".card") || document.querySelector(".card");
  const begun = performance.now();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  for (;;) {
    const card = document.activeElement.closest(".card");
    const pictures = card && card !== before ? [...card.querySelectorAll("img")] : [];
    if (pictures.length && pictures.every((each) => each.complete && each.naturalWidth)) break;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begun;
}"""


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--images", type=int, default=100)
    parser.add_argument(
        "--look", type=float, default=1.0, help="seconds for which the reviewer looks at each"
    )
    options = entry.parse(parser, quick={"images": 12, "look": 0.5})
    with (
        tempfile.TemporaryDirectory(prefix="sluice-reviewer-") as folder,
        desk(Path(folder)) as url,
    ):
        result = review(url, images=options.images, look=options.look)
    show(result)
    entry.write(options.json, result)
    sys.exit(1 if result["next_ms"]["median"] > LIMIT_MS else 0)


@contextlib.contextmanager
def desk(folder: Path) -> Iterator[str]:
    """Address of a desk."""
    with EmbeddedPostgres(folder) as postgres:
        os.environ |= {
            "SLUICE_DATABASE_URL": postgres.url,
            "SLUICE_BUCKET_URL": (folder / "bucket").as_uri(),
            "SLUICE_HOME": str(folder),
        }
        Database(postgres.url).migrate()
        settings = load_settings().model_copy(update={"desk_password": SecretStr(PASSWORD)})
        listener = socket.create_server(("127.0.0.1", 0))
        with Context(settings) as line, DrawingPool(settings) as drawing:
            web = server(line, drawing)
            thread = threading.Thread(target=lambda: web.run(sockets=[listener]))
            thread.start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            web.should_exit = True
            thread.join()


def fill(count: int) -> list[int]:
    """A batch of so many flagged fills."""
    from imaging import intermediate
    from tests.harness import context, db_builders, doubts

    store = os.environ["SLUICE_BUCKET_URL"]
    ids = doubts.badly_filled(store, count)
    random = np.random.default_rng(1)
    objects = context.bucket(store)
    keys = []
    for _ in range(2 * DISTINCT):
        coarse = random.integers(0, 255, (HIGH // 40, WIDE // 40, 3), np.uint8)
        keys.append(objects.keep(intermediate.encode_rgb(coarse.repeat(40, 0).repeat(40, 1)), ".qoi"))
    for number, image in enumerate(ids):
        pair = number % DISTINCT
        before, after = keys[2 * pair], keys[2 * pair + 1]
        statement = "UPDATE images SET current = :before, proposal = :after, mask = NULL WHERE id = :id"
        db_builders.execute(statement, before=before, after=after, id=image)
        statement = "UPDATE steps SET input = :before, output = :after WHERE image_id = :id"
        db_builders.execute(statement, before=before, after=after, id=image)
    return ids


def review(url: str, *, images: int, look: float) -> dict[str, Any]:
    """What a person does who answers by key, looks closely, and draws a mask."""
    from playwright.sync_api import sync_playwright

    from tests.harness import finished

    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        login = base64.b64encode(f"bench:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        page = browser.new_context(base_url=url, extra_http_headers=headers).new_page()
        page.set_default_timeout(120_000)  # a busy machine is slow, and the figures say so
        result = {"images": images, "look_seconds": look, **answer_all(page, fill(images), look)}
        closely = viewer.review_closely(page, fill(images // 4)[0], images=images // 4, look=look)
        result["viewer_next_ms"] = spread(closely)
        huge = finished.huge_doubt(os.environ["SLUICE_BUCKET_URL"], viewer.WIDE, viewer.HIGH)
        result["huge_ms"] = viewer.measure_huge(page, huge)
        browser.close()
    return result


def answer_all(page: "Page", ids: list[int], look: float) -> dict[str, Any]:
    """Answer every image but the last, each with the key that accepts it."""
    from tests.harness import db_builders

    page.goto(f"/batches/{db_builders.batch_of(ids[0])}")
    page.keyboard.press("j")
    times: list[float] = []
    started = time.perf_counter()
    for _ in ids[1:]:
        page.wait_for_timeout(1000 * look)
        times.append(float(page.evaluate(ANSWER, "a")))
    seconds = time.perf_counter() - started
    return {"next_ms": spread(times), "decisions_per_minute": 60 * len(times) / seconds}


def spread(times: list[float]) -> dict[str, float]:
    """Median, 95th percentile and greatest."""
    ordered = sorted(times)
    return {
        "median": statistics.median(ordered),
        "95 %": ordered[int(0.95 * (len(ordered) - 1))],
        "greatest": ordered[-1],
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['images']} flagged images, each looked at for {result['look_seconds']:g} s")
    print(f"{'time to the next picture':40} {'median':>8} {'95 %':>8} {'greatest':>9}   ms")
    for name, key in (("an answer by key", "next_ms"), ("next image in the viewer", "viewer_next_ms")):
        print(f"{name:40} " + " ".join(f"{value:8.0f}" for value in result[key].values()))
    print(
        f"limit {LIMIT_MS:.0f} ms (median of answers); decisions a minute: {result['decisions_per_minute']:.1f}"
    )
    print(f"a photo of {viewer.WIDE} x {viewer.HIGH} pixels")
    for name, milliseconds in result["huge_ms"].items():
        print(f"{name:40} {milliseconds:8.0f}")


if __name__ == "__main__":
    main()
