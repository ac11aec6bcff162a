"""A scripted reviewer at the desk: time to the next picture after each answer, and decisions a minute.

An embedded Postgres holds flagged fills with pictures of 1600 x 1200 pixels. Debian's Chromium looks at each a while
and answers by key; the time is from the key to the next image with all its pictures loaded. It includes what the
browser and the desk take, on one machine.

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
from typing import Any, Final

import numpy as np
from pydantic import SecretStr

from bench import entry
from line.settings import load_settings
from records.database import Database
from review.desk.drawing.pool import DrawingPool
from review.desk.serve import server
from stack.servers.postgres import EmbeddedPostgres
from tasks.context import Context

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
        desk(Path(folder), options.images) as at,
    ):
        result = review(*at, images=options.images, look=options.look)
    show(result)
    entry.write(options.json, result)
    sys.exit(1 if result["median_ms"] > LIMIT_MS else 0)


@contextlib.contextmanager
def desk(folder: Path, images: int) -> Iterator[tuple[str, int]]:
    """Address of a desk with a batch of flagged images, and the batch."""
    with EmbeddedPostgres(folder) as postgres:
        os.environ |= {"SLUICE_DATABASE_URL": postgres.url, "SLUICE_BUCKET_URL": (folder / "bucket").as_uri()}
        Database(postgres.url).migrate()
        batch = fill(images)
        settings = load_settings().model_copy(update={"desk_password": SecretStr(PASSWORD)})
        listener = socket.create_server(("127.0.0.1", 0))
        with Context(settings) as line, DrawingPool(settings) as drawing:
            web = server(line, drawing)
            thread = threading.Thread(target=lambda: web.run(sockets=[listener]))
            thread.start()
            yield f"http://127.0.0.1:{listener.getsockname()[1]}", batch
            web.should_exit = True
            thread.join()


def fill(count: int) -> int:
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
        statement = "UPDATE images SET current = :before, proposal = :after, mask = NULL WHERE id = :id"
        db_builders.execute(statement, before=keys[2 * pair], after=keys[2 * pair + 1], id=image)
    return int(str(db_builders.execute("SELECT batch_id FROM images WHERE id = :id", id=ids[0]).scalar()))


def review(url: str, batch: int, *, images: int, look: float) -> dict[str, Any]:
    """Answer every image but the last, each with the key that accepts it."""
    from playwright.sync_api import sync_playwright

    times: list[float] = []
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        login = base64.b64encode(f"bench:{PASSWORD}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        page = browser.new_context(base_url=url, extra_http_headers=headers).new_page()
        page.set_default_timeout(600_000)  # a busy machine is slow, and the figures say so
        page.goto(f"/batches/{batch}")
        page.keyboard.press("j")
        started = time.perf_counter()
        for _ in range(images - 1):
            page.wait_for_timeout(1000 * look)
            times.append(float(page.evaluate(ANSWER, "a")))
        seconds = time.perf_counter() - started
        browser.close()
    ordered = sorted(times)
    return {
        "images": images,
        "look_seconds": look,
        "median_ms": statistics.median(ordered),
        "p95_ms": ordered[int(0.95 * (len(ordered) - 1))],
        "greatest_ms": ordered[-1],
        "decisions_per_minute": 60 * len(times) / seconds,
    }


def show(result: dict[str, Any]) -> None:
    print(f"{result['images']} flagged images, each looked at for {result['look_seconds']:g} s")
    print(f"{'time to the next picture':28} {'median':>8} {'95 %':>8} {'greatest':>9}   ms")
    figures = (result["median_ms"], result["p95_ms"], result["greatest_ms"])
    print(f"{'':28} {figures[0]:8.0f} {figures[1]:8.0f} {figures[2]:9.0f}   limit {LIMIT_MS:.0f} (median)")
    print(f"decisions a minute           {result['decisions_per_minute']:8.1f}")


if __name__ == "__main__":
    main()
