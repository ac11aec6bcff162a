"""The upload that Sluice was made for: hundreds of product photos, half of them with overlays, through the whole line.

    python -m bench.incident

Draws one overlay on every other photo, runs ``sluice run`` with the default recipe, real servers and worker
processes, and compares each delivered picture with the photo before anything was drawn:

delivered  with no trace that one sees (the 95th percentile of CIEDE2000 over the overlay, blurred by 2 pixels, ≤ 10)
traced     delivered, the overlay erased, with such a trace
left       delivered with more than half of the overlay's contrast
person     flagged, by the policy or by a gate
lost       photos without overlay, delivered with something erased
"""

import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench import entry
from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.fonts import lacking
from training.gates.defects.visible import MAX_TRACE, trace
from training.overlay.photos import Source, of_part
from training.split import Part

QUALITY = 93
"""JPEG quality of the uploaded files."""
LEFT_SHARE = 0.5
"""Share of an overlay's contrast above which it counts as left on the photo."""
SLUICE = Path(sys.executable).with_name("sluice")


def upload(photos: list[Source], folder: Path) -> dict[str, Drawn | None]:
    """Write the upload; of each file its overlay, None for every second one."""
    drawn_by_name: dict[str, Drawn | None] = {}
    kinds = list(KINDS)
    for number, source in enumerate(photos):
        name, rgb = f"{number:04}.jpg", source.rgb()
        drawn = None
        if number % 2:
            drawn = draw(rgb, kinds[number // 2 % len(kinds)], np.random.default_rng([number, 17]))
            rgb = drawn.rgb
        Image.fromarray(rgb).save(folder / name, quality=QUALITY)
        drawn_by_name[name] = drawn
    return drawn_by_name


def outcome(row: dict[str, Any], drawn: Drawn | None, out: Path) -> str:
    """What came of one file, in the words of this module's docstring."""
    if row["state"] != "delivered":
        return "person" if row["state"] == "flagged" else str(row["state"])
    steps = [step["step"] for step in row["steps"]]
    if drawn is None:
        return "lost" if "erase_text" in steps else "delivered"
    with Image.open(out / row["file"]) as image:
        delivered = np.asarray(image.convert("RGB"))
    size = drawn.clean.shape[1::-1]
    small = np.asarray(cv2.resize(delivered, size, interpolation=cv2.INTER_AREA), np.uint8)
    contrast = np.abs(drawn.rgb.astype(np.float32) - drawn.clean)[drawn.mask].mean()
    remains = np.abs(small.astype(np.float32) - drawn.clean)[drawn.mask].mean()
    if remains > LEFT_SHARE * contrast and "erase_text" not in steps:
        return "left"
    return "traced" if trace(drawn.clean, small, drawn.mask.astype(np.uint8)) > MAX_TRACE else "delivered"


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--count", type=int, default=400, help="photos")
    parser.add_argument("--part", type=Part, choices=[Part.REPORT, Part.CALIBRATION], default=Part.REPORT)
    given = entry.parse(parser, quick={"count": 16})
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    photos = of_part(given.part, given.count)
    with tempfile.TemporaryDirectory(prefix="sluice-incident-") as folder:
        ingest, out = Path(folder) / "upload", Path(folder) / "out"
        ingest.mkdir()
        drawn = upload(photos, ingest)
        begun = time.monotonic()
        command = [str(SLUICE), "run", str(ingest), "--out", str(out), "--json"]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in (0, 3):
            raise SystemExit(f"sluice run ended with exit code {done.returncode}")
        result = json.loads(done.stdout.splitlines()[-1])
        rows = [json.loads(line) for line in (out / "manifest.jsonl").read_text("utf-8").splitlines()]
        ends = {row["name"]: outcome(row, drawn[row["name"]], out) for row in rows}
    with_overlay, without = (
        Counter(end for name, end in ends.items() if (drawn[name] is not None) == has)
        for has in (True, False)
    )
    print(f"{result['state']}, exit code {done.returncode}, artifact rate {result['artifact_rate']:.1%}, "
          f"{len(rows)} photos in {time.monotonic() - begun:.0f} s")  # fmt: skip
    for title, ended in (("with overlay", with_overlay), ("without", without)):
        total = max(1, ended.total())
        print(
            f"{title:13}",
            ", ".join(f"{end} {count} ({count / total:.1%})" for end, count in ended.most_common()),
        )
    reasons = Counter(row["reason"] for row in rows if row["state"] == "flagged")
    print("flagged:", ", ".join(f"{reason} {count}" for reason, count in reasons.most_common()))
    entry.write(given.json, {"result": result, "with_overlay": with_overlay, "without": without,
                             "reasons": reasons, "ends": ends})  # fmt: skip


if __name__ == "__main__":
    main()
