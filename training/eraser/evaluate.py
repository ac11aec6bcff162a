"""What a trained eraser makes of overlays whose masks are exact, beside ``surroundings``.

    python -m training.eraser.evaluate overlay_eraser.onnx --part calibration

The columns are those of ``bench.exact_masks``. See-through ink is left to the eraser, as are all other masked pixels.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, draw
from bench.exact_masks import Row, exact_mask, show, table
from bench.fills import psnr
from gates.contract import judge
from gates.edit import Edit
from models.contract import Filler
from models.surroundings import Surroundings
from tasks.erase_text import composite, erase_text, widened
from training.eraser.filler import Eraser
from training.gates.defects.visible import trace
from training.overlay.photos import Source, of_part
from training.split import Part


def measure(source: Source, number: int, kind: str, fillers: list[Filler]) -> list[Row]:
    """A row for each filler, of one photo with one overlay of ``kind``."""
    drawn = draw(source.rgb(), kind, np.random.default_rng([number, 13]))
    defaults = erase_text.schema().model_dump()
    touched = widened(drawn.rgb, exact_mask(drawn), defaults["dilate"], defaults["feather"])
    rows = []
    for filler in fillers:
        after = composite(drawn.rgb, filler.fill(drawn.rgb, touched, seed=number), touched)
        reasons = judge(Edit("erase_text", drawn.rgb, after, touched)).reasons
        off, quality = trace(drawn.clean, after, touched), psnr(after, drawn.clean, touched > 0)
        codes = " ".join(reason.code for reason in reasons)
        rows.append(Row(source.name, kind, filler.name, bool(reasons), codes, off, quality))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("--part", type=Part, choices=[Part.REPORT, Part.CALIBRATION], default=Part.REPORT)
    parser.add_argument("--count", type=int, default=156, help="photos, spread over all sets")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    kinds, fillers = list(KINDS), [Surroundings(), Eraser(given.network)]
    rows = []
    for number, source in enumerate(of_part(given.part, given.count)):
        rows += measure(source, number, kinds[number % len(kinds)], fillers)
    show(table(rows))


if __name__ == "__main__":
    main()
