"""Makes ``samples/accuracy``: small pictures with overlays, print and damaged fills, whose right answers are known.

    python -m training.make_samples

Only photos under CC0 or MIT are used, all of the report part: nothing was trained on them (see :mod:`training.split`).
The overlays are drawn here, not by the generator that the finder is trained with.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from line.picture import Mask, Rgb
from training.gates.captions import composite, overlay
from training.gates.defects import erase
from training.gates.edits import damages, erasures
from training.gates.photos import DATA, Photo
from training.split import Part, part_of

OUT = Path(__file__).resolve().parents[1] / "samples" / "accuracy"
SETS = {
    "clothing_cc0": "public domain",
    "grocery_mit": "2019 Marcus Klasson",
    "trashnet_mit": "2017 Gary Thung",
}
"""Sets that may be redistributed, and who holds the copyright."""
LONG_SIDE = 448
"""Maximum longer side of a picture (pixels)."""
FILL_SIDE = 224
"""Side of the square that is cut out around a fill (pixels)."""
QUALITY = 88
OVERLAYS_PER_KIND, PRINTS, PLAIN, FILLS = 5, 14, 10, 8
DAMAGES = (
    "ghost of the text", "ink bleeding", "flat blur fill", "fill a shade off", "fill of a cast",
    "stamped texture", "fill invented texture", "fill from another photo",
)  # fmt: skip
"""Kinds of damage to a fill, one picture each, as visible as its photo allows."""
Random = np.random.Generator
Layer = NDArray[np.float32]


@dataclass(frozen=True)
class Source:
    """A row of the photos' manifest, and its pixels."""

    row: dict[str, str]
    rgb: Rgb

    @property
    def seed(self) -> int:
        return int(self.row["sha256"][:8], 16)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.parse_args()
    for old in OUT.glob("*.*"):
        old.unlink()
    OUT.mkdir(parents=True, exist_ok=True)
    with_print, without = sources("yes"), sources("no")
    rows = [*overlays(without), *clean(with_print, "print", PRINTS), *clean(without, "plain", PLAIN)]
    rows += fills(without)
    (OUT / "manifest.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    (OUT / "LICENSES.md").write_text(licences(rows), "utf-8")
    print(f"{len(rows)} pictures in {OUT}")


def sources(has_print: str) -> Iterator[Source]:
    """Photos of the report part with or without print, the sets by turns."""
    with (DATA / "train" / "manifest.csv").open(encoding="utf-8") as lines:
        rows = [
            row
            for row in csv.DictReader(lines)
            if row["set"] in SETS and row["print"] == has_print and part_of(row["sha256"]) is Part.REPORT
        ]
    by_set = [sorted((r for r in rows if r["set"] == name), key=lambda r: r["sha256"]) for name in SETS]
    for group in zip(*by_set, strict=False):
        for row in group:
            rgb = np.asarray(cv2.imread(str(DATA / "train" / row["path"]), cv2.IMREAD_COLOR_RGB), np.uint8)
            scale = min(1.0, LONG_SIDE / max(rgb.shape[:2]))
            small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            yield Source(row, np.asarray(small, np.uint8))


def clean(photos: Iterator[Source], kind: str, count: int) -> Iterator[dict[str, str]]:
    """Photos as they are; print on the product must stay."""
    for number in range(count):
        source = next(photos)
        name = f"{kind}-{number:02}"
        save(name, source.rgb)
        yield described(name, kind, source)


def overlays(photos: Iterator[Source]) -> Iterator[dict[str, str]]:
    """Photos with one overlay each, and the mask of its pixels."""
    for kind, draw in (("caption", caption), ("banner", banner), ("watermark", watermark), ("stamp", stamp)):
        for number in range(OVERLAYS_PER_KIND):
            source = next(photos)
            colour, alpha = draw(source.rgb, np.random.default_rng(source.seed))
            mixed = source.rgb * (1 - alpha[..., None]) + np.array(colour) * alpha[..., None]
            name = f"{kind}-{number:02}"
            save(name, np.rint(mixed).astype(np.uint8))
            cv2.imwrite(str(OUT / f"{name}.mask.png"), (alpha > 0.1).astype(np.uint8) * 255)
            yield described(name, "overlay", source)


def fills(photos: Iterator[Source]) -> Iterator[dict[str, str]]:
    """Erased captions: half filled with the truth, half damaged in one way each."""
    defects = {defect.kind: defect for defect in erase.DEFECTS}
    wanted = list(DAMAGES)
    good = 0
    while wanted or good < FILLS:
        source, other = next(photos), next(photos)
        photo = Photo(source.row["path"], source.rgb, False, source.seed)
        alien = Photo(other.row["path"], other.rgb, False, other.seed)
        _, edit = next(erasures(photo, alien))
        case = overlay(photo)
        if good < FILLS:
            name = f"fill-good-{good:02}"
            save_fill(name, case.before, composite(case.before, case.truth, case.mask), case.mask)
            yield described(name, "fill", source, verdict="pass")
            good += 1
        for kind in wanted:
            bad = [bad for severity, _, bad in damages(edit, defects[kind], photo) if severity != "just"]
            if bad:
                name = f"fill-bad-{len(DAMAGES) - len(wanted):02}"
                save_fill(name, case.before, bad[-1].after, case.mask)
                yield described(name, "fill", source, verdict="flag", damage=kind)
                wanted.remove(kind)
                break


def caption(rgb: Rgb, random: Random) -> tuple[tuple[int, int, int], Layer]:
    """One or two opaque lines."""
    text = str(random.choice(["NEW IN\n-30 %", "Summer sale", "Free delivery", "Only today"]))
    ink = (235, 30, 40) if rgb.mean() > 128 else (255, 240, 90)
    return ink, written(rgb, text, 0.09, (0.5, float(random.uniform(0.12, 0.8))))


def banner(rgb: Rgb, random: Random) -> tuple[tuple[int, int, int], Layer]:
    """A bar over the whole width, with words cut out of it."""
    text = str(random.choice(["www.acme-outlet.example", "BUY 2 GET 1 FREE", "ACME ORIGINAL"]))
    y = float(random.choice([0.07, 0.92]))
    alpha = np.zeros(rgb.shape[:2], np.float32)
    half = round(0.06 * rgb.shape[0])
    centre = round(y * rgb.shape[0])
    alpha[max(0, centre - half) : centre + half] = 1.0
    return (30, 60, 140), alpha - written(rgb, text, 0.06, (0.5, y)) * (alpha > 0) * 0.95


def watermark(rgb: Rgb, random: Random) -> tuple[tuple[int, int, int], Layer]:
    """A translucent word across the middle."""
    ink = (255, 255, 255) if rgb.mean() < 150 else (60, 60, 60)
    return ink, written(rgb, "ACME PHOTO", 0.14, (0.5, 0.5)) * float(random.uniform(0.4, 0.55))


def stamp(rgb: Rgb, random: Random) -> tuple[tuple[int, int, int], Layer]:
    """A camera's date in a corner."""
    text = f"20{random.integers(10, 25)}/{random.integers(1, 13):02}/{random.integers(1, 29):02} 14:07"
    return (255, 140, 20), written(rgb, text, 0.055, (0.76, 0.95))


def written(rgb: Rgb, text: str, height: float, centre: tuple[float, float]) -> Layer:
    """[H, W] coverage 0..1 of ``text``, with letters of ``height`` (share of the shorter side)."""
    plane = Image.new("L", rgb.shape[1::-1])
    font = ImageFont.load_default(size=max(12, round(height * min(rgb.shape[:2]))))
    at = (centre[0] * rgb.shape[1], centre[1] * rgb.shape[0])
    ImageDraw.Draw(plane).multiline_text(at, text, fill=255, font=font, anchor="mm", align="center")
    return np.asarray(plane, np.float32) / np.float32(255)


def save(name: str, rgb: Rgb) -> None:
    cv2.imwrite(str(OUT / f"{name}.jpg"), rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def save_fill(name: str, before: Rgb, after: Rgb, mask: Mask) -> None:
    """The square around the largest masked area, lossless: outside the mask not one level may differ."""
    _, _, stats, centres = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8))
    x, y = centres[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))].astype(int)
    left = int(np.clip(x - FILL_SIDE // 2, 0, max(0, mask.shape[1] - FILL_SIDE)))
    top = int(np.clip(y - FILL_SIDE // 2, 0, max(0, mask.shape[0] - FILL_SIDE)))
    area = np.s_[top : top + FILL_SIDE, left : left + FILL_SIDE]
    for part, pixels in (("before", before[area][..., ::-1]), ("after", after[area][..., ::-1])):
        Image.fromarray(np.ascontiguousarray(pixels[..., ::-1])).save(
            OUT / f"{name}.{part}.webp", lossless=True, method=6, quality=100
        )
    cv2.imwrite(str(OUT / f"{name}.mask.png"), mask[area])


def described(name: str, kind: str, source: Source, **more: str) -> dict[str, str]:
    row = source.row
    origin = {key: row[key] for key in ("set", "licence", "repo", "commit", "source_path", "sha256")}
    return {"name": name, "kind": kind, **more, **origin}


def licences(rows: list[dict[str, str]]) -> str:
    """The page that says where each picture comes from."""
    head = (
        "# Where these pictures come from\n\n"
        "Made by `python -m training.make_samples` from photos that are public domain (CC0 1.0) or under the MIT\n"
        "licence; the texts are in `../licences/`. What was drawn on them comes under the licence of the photo.\n"
        "All belong to the report part (`training/split.py`): they are never trained or tuned on.\n\n"
        "| picture | licence | copyright | GitHub repository @ commit | file there |\n"
        "| --- | --- | --- | --- | --- |\n"
    )
    return head + "".join(
        f"| `{row['name']}` | {row['licence']} | {SETS[row['set']]} | {row['repo']} @ {row['commit'][:10]} "
        f"| `{row['source_path']}` |\n"
        for row in rows
    )


if __name__ == "__main__":
    main()
