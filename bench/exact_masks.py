"""What the eraser and its gates make of overlays whose masks are exact: the finder is left out.

    python -m bench.exact_masks
    python -m bench.exact_masks --part calibration --sheet fills.png     # to look at

One overlay is drawn on each photo, and its mask is every pixel that the drawing changed by more than 2 levels.

flagged  share of the edits that the gates flag, or that the step itself sends to a person
traced   share of the edits that pass and show a trace: the 95th percentile of CIEDE2000 to the clean photo over the
         widened mask, both blurred by 2 pixels, is above 10
PSNR     median over the widened mask, against the clean photo (dB)
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from bench import entry
from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.fonts import lacking
from bench.fills import CELL, beside, psnr
from gates.contract import judge
from gates.edit import Edit
from gates.patch import change
from line.picture import Edited, Mask, Picture, Rgb
from models.contract import Filler
from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import composite, erase_text
from training.eraser.pairs import CHANGED
from training.gates.defects.visible import MAX_TRACE, trace
from training.overlay.photos import Source, of_part
from training.split import Part

TRUTH = "true pixels"
FILLERS: dict[str, type[Filler]] = {"surroundings": Surroundings, "telea": Telea}


@dataclass
class Row:
    """One overlay taken off by one filler."""

    photo: str
    kind: str
    filler: str
    flagged: bool
    reasons: str
    trace: float
    psnr: float


def erasures(drawn: Drawn, seed: int) -> Iterator[tuple[str, Rgb, Mask, str]]:
    """(filler, result, mask that was touched, why the step refused) for each filler, and for the true pixels."""
    mask = exact_mask(drawn)
    touched = None
    for name, make in FILLERS.items():
        (outcome,) = erase_text.function([Picture("photo", drawn.rgb, mask=mask, seed=seed)], make())
        if not isinstance(outcome, Edited) or outcome.touched is None:
            yield name, drawn.rgb, mask, getattr(outcome, "reason", "refused")
            continue
        touched = outcome.touched
        yield name, outcome.picture.rgb, touched, ""
    if touched is not None:
        yield TRUTH, composite(drawn.rgb, drawn.clean, touched), touched, ""


def exact_mask(drawn: Drawn) -> Mask:
    """[H, W] uint8, 255 where the drawing changed the photo."""
    changed = change(drawn.clean, drawn.rgb) > CHANGED
    mask: Mask = ((drawn.mask | changed) & beside_drawing(drawn.mask)).astype(np.uint8) * 255
    return mask


def beside_drawing(drawn: np.ndarray) -> np.ndarray:
    """[H, W] bool, within four pixels of the drawing: what JPEG changed farther off belongs to no mask."""
    return cv2.dilate(drawn.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0


def measure(source: Source, number: int, kind: str) -> Iterator[tuple[Row, Drawn, Rgb]]:
    """A row for each filler."""
    drawn = draw(source.rgb(), kind, np.random.default_rng([number, 13]))
    for name, after, mask, refused in erasures(drawn, number):
        reasons = refused
        if not refused:
            verdict = judge(Edit("erase_text", drawn.rgb, after, mask))
            reasons = " ".join(reason.code for reason in verdict.reasons)
        off = trace(drawn.clean, after, mask)
        quality = psnr(after, drawn.clean, mask > 0)
        yield Row(source.name, kind, name, bool(reasons), reasons, off, quality), drawn, after


def table(rows: list[Row]) -> dict[str, dict[str, dict[str, float]]]:
    """Figures by filler and kind."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.filler, "all"].append(row)
        groups[row.filler, row.kind].append(row)
    figures: dict[str, dict[str, dict[str, float]]] = defaultdict(dict)
    for (filler, kind), chosen in groups.items():
        passed = [row for row in chosen if not row.flagged]
        figures[filler][kind] = {
            "photos": len(chosen),
            "flagged": float(np.mean([row.flagged for row in chosen])),
            "traced_of_passed": float(np.mean([row.trace > MAX_TRACE for row in passed])) if passed else 0.0,
            "traced": float(np.mean([row.trace > MAX_TRACE for row in chosen])),
            "good_flagged": float(np.mean([row.flagged and row.trace <= MAX_TRACE for row in chosen])),
            "psnr": float(np.median([row.psnr for row in chosen])),
        }
    return figures


def show(figures: dict[str, dict[str, dict[str, float]]]) -> None:
    print(
        "filler        kind        photos  flagged  traced, of passed  traced, of all  flagged untraced   PSNR"
    )
    for filler, kinds in figures.items():
        for kind, row in kinds.items():
            print(
                f"{filler:13} {kind:11} {row['photos']:6} {row['flagged']:8.1%} {row['traced_of_passed']:18.1%} "
                f"{row['traced']:15.1%} {row['good_flagged']:17.1%} {row['psnr']:6.1f}"
            )


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--part", type=Part, choices=[Part.REPORT, Part.CALIBRATION], default=Part.REPORT)
    parser.add_argument("--count", type=int, default=156, help="photos, spread over all sets")
    parser.add_argument("--sheet", type=Path, help="PNG, worst first; not of the report part")
    given = entry.parse(parser, quick={"count": 13})
    if given.sheet and given.part is Part.REPORT:
        parser.error("the report part is not looked at: --sheet needs --part calibration")
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    cv2.setNumThreads(1)
    photos = of_part(given.part, given.count)
    kinds, rows, shown = list(KINDS), [], []
    for number, source in enumerate(photos):
        for row, drawn, after in measure(source, number, kinds[number % len(kinds)]):
            rows.append(row)
            if given.sheet and row.filler == "surroundings" and not row.flagged:
                shown.append((-row.trace, beside([drawn.rgb, drawn.clean, after], drawn.mask)))
    figures = table(rows)
    show(figures)
    entry.write(given.json, {"part": given.part, "table": figures, "rows": [asdict(row) for row in rows]})
    if given.sheet:
        tiles = [tile for _, tile in sorted(shown, key=lambda one: one[0])[:48]]
        tiles += [np.zeros((CELL, 3 * CELL, 3), np.uint8)] * (-len(tiles) % 3)
        rows_of_tiles = [np.hstack(tiles[at : at + 3]) for at in range(0, len(tiles), 3)]
        cv2.imwrite(str(given.sheet), np.vstack(rows_of_tiles)[..., ::-1])


if __name__ == "__main__":
    main()
