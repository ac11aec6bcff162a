"""Draws sprites with a browser and writes them: pictures of overlays with transparency, for training samples.

    python -m training.overlay.web.sheets FOLDER --count 4000

Every sprite is one PNG, RGBA, straight alpha: its ink in the upper half, the panel below it in the lower half. The part
of the name before the hyphen is its kind. The browser is Debian's ``chromium``, driven by Playwright.
"""

import argparse
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from training.overlay.drawing.sprites import WHOLE
from training.overlay.web import boards, letters, signs
from training.overlay.web.style import Style

if TYPE_CHECKING:
    from playwright.sync_api import Page

CELL, COLUMNS, ROWS = 600, 6, 5
"""Side of the cell of one sprite (pixels), and cells of a sheet."""
MIN_ALPHA = 6
"""Alpha from which a pixel counts as drawn (0..255)."""
MIN_PIXELS = 150
"""Drawn pixels below which a sprite is left out."""
FULL_WIDTH = (*WHOLE, "bar")
"""Kinds that are left out where a browser drew less than half of their width."""
WEB_KINDS: dict[str, tuple[Callable[[Style], str], float]] = {
    "caption": (letters.caption, 3.0),
    "smallline": (letters.small_line, 3.0),
    "lines": (letters.lines, 1.5),
    "highlighted": (letters.highlighted, 1.0),
    "price": (letters.price, 1.2),
    "camera": (letters.camera_stamp, 1.2),
    "phone": (letters.phone_stamp, 1.0),
    "contact": (letters.contact, 1.4),
    "agency": (letters.agency, 1.8),
    "seal": (letters.seal, 1.3),
    "icons": (signs.icons, 0.9),
    "logo": (signs.logo, 2.4),
    "ring": (signs.ring, 1.0),
    "code": (signs.code, 0.5),
    "arrow": (signs.arrow, 0.8),
    "emoji": (signs.emoji, 0.7),
    "badge": (boards.badge, 1.2),
    "starburst": (boards.starburst, 0.7),
    "ribbon": (boards.ribbon, 0.8),
    "box": (boards.box, 1.0),
    "bar": (boards.bar, 1.0),
    "grid": (boards.grid, 1.6),
    "crossed": (boards.crossed, 0.8),
    "frame": (boards.frame, 0.4),
    "swatches": (boards.swatches, 0.5),
    "bubble": (boards.bubble, 0.6),
}
"""Kinds of overlay, and how often each is drawn."""
CSS = f"""
body{{margin:0;display:grid;grid-template-columns:repeat({COLUMNS},{CELL}px);grid-auto-rows:{CELL}px}}
.cell{{overflow:hidden;display:flex;align-items:center;justify-content:center;contain:strict}}
.panel .i{{visibility:hidden!important}}
.panel .i *{{visibility:hidden!important}}
.ink .p{{background:none!important;border-color:transparent!important;outline-color:transparent!important;
box-shadow:none!important}}
.ink .ps{{visibility:hidden!important}}
"""
Rgba = NDArray[np.uint8]


@contextmanager
def browser_page() -> Iterator["Page"]:
    """A page of a headless Chromium that can be painted without a ground.

    Raises:
        SystemExit: Debian's Chromium is not installed.
    """
    from playwright.sync_api import sync_playwright

    path = shutil.which("chromium")
    if path is None:
        raise SystemExit("chromium is not installed: apt install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield browser.new_page(viewport={"width": CELL * COLUMNS, "height": CELL * ROWS})
        browser.close()


def random_kinds(rng: np.random.Generator, count: int = COLUMNS * ROWS) -> list[str]:
    """``count`` kinds, each as often as its weight says."""
    names = list(WEB_KINDS)
    weights = np.array([weight for _, weight in WEB_KINDS.values()])
    return [names[number] for number in rng.choice(len(names), count, p=weights / weights.sum())]


def drawn(page: "Page", rng: np.random.Generator, kinds: list[str]) -> Iterator[tuple[str, Rgba, Rgba]]:
    """Kind, ink and panel of a random sprite of each kind, [h, w, 4] uint8 RGBA, cut to what is drawn.

    Takes as many kinds as a sheet has cells, at most.
    """
    cells = "".join(f"<div class=cell>{WEB_KINDS[kind][0](Style(rng))}</div>" for kind in kinds)
    page.set_content(f"<!doctype html><meta charset=utf-8><style>{CSS}</style><body class=ink>{cells}")
    ink = _painted(page)
    page.evaluate("document.body.className = 'panel'")
    panel = _painted(page)
    for number, kind in enumerate(kinds):
        top, left = number // COLUMNS * CELL, number % COLUMNS * CELL
        window = np.s_[top : top + CELL, left : left + CELL]
        pair = cut(ink[window], panel[window], is_full_width=kind in FULL_WIDTH)
        if pair is not None:
            yield kind, *pair


def _painted(page: "Page") -> Rgba:
    shot = page.screenshot(omit_background=True, type="png")
    bgra = np.asarray(cv2.imdecode(np.frombuffer(shot, np.uint8), cv2.IMREAD_UNCHANGED), np.uint8)
    return np.asarray(cv2.cvtColor(bgra, cv2.COLOR_BGRA2RGBA), np.uint8)


def cut(ink: Rgba, panel: Rgba, *, is_full_width: bool = False) -> tuple[Rgba, Rgba] | None:
    """Both pictures cut to what is drawn in either, None where hardly anything is, or half of a full width."""
    covered = np.maximum(ink[..., 3], panel[..., 3]) >= MIN_ALPHA
    if covered.sum() < MIN_PIXELS:
        return None
    rows, columns = np.flatnonzero(covered.any(1)), np.flatnonzero(covered.any(0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    window = np.s_[int(rows[0]) : int(rows[-1]) + 1, left:right]
    if is_full_width and right - left < CELL // 2:
        return None
    return ink[window], panel[window]


def write(folder: Path, count: int, seed: int) -> None:
    """Fill ``folder`` up to ``count`` sprites."""
    folder.mkdir(parents=True, exist_ok=True)
    rng, number = np.random.default_rng(seed), 0
    with browser_page() as page:
        while number < count:
            for kind, ink, panel in drawn(page, rng, random_kinds(rng)):
                stacked = cv2.cvtColor(np.concatenate([ink, panel]), cv2.COLOR_RGBA2BGRA)
                file = folder / f"{kind}-{seed}-{number:05}.png"
                part = file.with_suffix(".part.png")
                cv2.imwrite(str(part), stacked, [cv2.IMWRITE_PNG_COMPRESSION, 1])
                part.replace(file)
                number += 1
            print(f"{time.strftime('%H:%M:%S')} {number} sprites", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    write(given.folder, given.count, given.seed)
