"""How well fillers fill: every filler on the same drawn masks, against Telea in the same run.

    python -m bench.fills
    python -m bench.fills --part tune --sheet fills.png     # to look at

One overlay of each photo's own kind is drawn, and what it covers is filled, as if a perfect finder had
found it, through the widening and the feather of ``erase_text``. By class of ground:

PSNR     inside the feathered mask against the clean photo, dB above Telea's
painted  the same, only where the overlay itself was
SSIM     mean over the mask, above Telea's
grain    log2 of the finest detail over the clean photo's: −1 is half of it lost
good     nobody could tell it from the clean photo: 95 % of the painted pixels within ΔE00 2
flagged  share of the good ones that the gates flag
s/MP     processor seconds per megapixel of photo
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from PIL import Image

from bench import entry
from bench.captions.draw import KINDS, Drawn, draw
from bench.captions.fonts import lacking
from bench.captions.photos import DATA, Photo, photos
from gates.contract import judge
from gates.edit import Edit
from gates.metrics.similarity.ciede2000 import ciede2000, lab
from gates.metrics.similarity.ssim import ssim_map
from gates.metrics.texture.grain import grain
from models.contract import Filler
from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import composite, widened

FLAT, TEXTURED = 2.5, 8.0
"""Deviation of the finest detail around the mask, levels: below is flat or gradient, above textured."""
LARGEST = 0.25
"""Share of a photo above which a mask goes to a person, whatever the filler."""
INDISTINGUISHABLE = 2.0
"""ΔE00 that 95 % of the painted pixels of a good fill keep within; 1 is just noticeable side by side."""
CELL = 200
"""Side of a picture on the sheet, pixels."""


class Grainless(Surroundings):
    """What the grain costs in PSNR, and the gates say of a fill without it."""

    grained = False


FILLERS: dict[str, Callable[[], Filler]] = {
    "telea": Telea,
    "surroundings": Surroundings,
    "without grain": Grainless,
}


def ground(photo: np.ndarray, inside: np.ndarray) -> str:
    """Class of the ground near ``inside`` [H, W] bool: flat (gradients too), between or textured."""
    ring = (cv2.dilate(inside.astype(np.uint8), np.ones((25, 25), np.uint8)) > 0) & ~inside
    gray = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = float((gray - cv2.GaussianBlur(gray, (0, 0), 3))[ring].std()) if ring.any() else 0.0
    return "flat" if detail < FLAT else "between" if detail < TEXTURED else "textured"


def psnr(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    """dB over RGB, at most 60: a lossless fill shall not outweigh all others."""
    error = float(np.mean((one[where].astype(np.float32) - other[where]) ** 2))
    return min(60.0, float(10 * np.log10(255**2 / max(error, 1e-6))))


def readings(drawn: Drawn, mask: np.ndarray, after: np.ndarray) -> dict[str, float | str]:
    """What one fill is worth against the clean photo."""
    inside = mask > 0
    painted = inside & drawn.mask
    ours, truth = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) for rgb in (after, drawn.clean))
    fine = [float(np.median(grain(luma)[painted])) + 0.5 for luma in (ours, truth)]
    one, other = (
        lab(np.asarray(cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), 0.7), np.float32))
        for rgb in (after, drawn.clean)
    )
    off = float(np.percentile(ciede2000(one[painted], other[painted]), 95))
    verdict = judge(Edit("erase_text", drawn.rgb, after, mask))
    return {
        "psnr": psnr(after, drawn.clean, inside),
        "painted": psnr(after, drawn.clean, painted),
        "ssim": float(ssim_map(ours, truth)[inside].mean()),
        "grain": float(np.log2(fine[0] / fine[1])),
        "off": off,
        "reasons": " ".join(reason.code for reason in verdict.reasons),
    }


def measure(photo: Photo, kind: str, sheet: list[tuple[float, np.ndarray]] | None) -> list[dict[str, Any]]:
    """A row for each filler; none where the overlay is no case for a fill."""
    drawn = draw(photo.rgb, kind, np.random.default_rng(photo.seed))
    if not drawn.mask.any():
        return []
    mask = widened(drawn.rgb, drawn.mask.astype(np.uint8), 3, 2)
    inside = mask > 0
    if inside.mean() > LARGEST:
        return []
    rows, afters = [], []
    for name, make in FILLERS.items():
        filler = make()
        begun = time.process_time()
        filled = filler.fill(drawn.rgb, mask, seed=photo.seed % 2**32)
        seconds = time.process_time() - begun
        afters.append(composite(drawn.rgb, filled, mask))
        rows.append({
            "photo": photo.name, "kind": kind, "filler": name, "ground": ground(drawn.clean, inside),
            "seconds": seconds, "megapixels": inside.size / 1e6, "coverage": float(inside.mean()),
            "outside": int((afters[-1] != drawn.rgb).any(axis=-1)[~inside].sum()),
            **readings(drawn, mask, afters[-1]),
        })  # fmt: skip
    if sheet is not None:
        sheet.append((float(rows[1]["psnr"]), beside([drawn.rgb, drawn.clean, *afters[:2]], drawn.mask)))
    return rows


def beside(pictures: list[np.ndarray], painted: np.ndarray) -> np.ndarray:
    """The overlaid photo, the clean one, Telea's and ours, cropped where most was painted."""
    side = min(110, *painted.shape)
    density = cv2.blur(painted.astype(np.float32), (side, side))
    row, column = np.unravel_index(int(density.argmax()), density.shape)
    top = int(np.clip(row - side // 2, 0, painted.shape[0] - side))
    left = int(np.clip(column - side // 2, 0, painted.shape[1] - side))
    crops = [picture[top : top + side, left : left + side] for picture in pictures]
    return np.concatenate(
        [cv2.resize(crop, (CELL, CELL), interpolation=cv2.INTER_CUBIC) for crop in crops], 1
    )


def summary(rows: list[dict[str, Any]]) -> dict[str, dict[str, dict[str, float]]]:
    """Means by filler and class of ground; ``gain`` and its like are over Telea on the same mask."""
    base = {row["photo"]: row for row in rows if row["filler"] == "telea"}
    figures: dict[str, dict[str, dict[str, float]]] = {}
    for name in FILLERS:
        for kind in ("flat", "between", "textured", "all"):
            part = [row for row in rows if row["filler"] == name and kind in (row["ground"], "all")]
            if not part:
                continue
            rivals = [base[row["photo"]] for row in part]
            good = [row for row in part if row["off"] <= INDISTINGUISHABLE]
            figures.setdefault(name, {})[kind] = {
                "photos": len(part),
                "psnr": mean(part, "psnr"),
                "gain": mean(part, "psnr") - mean(rivals, "psnr"),
                "painted_gain": mean(part, "painted") - mean(rivals, "painted"),
                "ssim_gain": mean(part, "ssim") - mean(rivals, "ssim"),
                "grain": mean(part, "grain"),
                "good": len(good) / len(part),
                "good_flagged": sum(bool(row["reasons"]) for row in good) / max(len(good), 1),
                "flagged": sum(bool(row["reasons"]) for row in part) / len(part),
                "seconds_per_megapixel": mean(part, "seconds") / mean(part, "megapixels"),
                "outside": sum(row["outside"] for row in part),
            }
    return figures


def mean(rows: list[dict[str, Any]], key: str) -> float:
    return float(np.mean([row[key] for row in rows]))


def show(figures: dict[str, Any]) -> None:
    print(
        "filler         ground    photos   PSNR    gain painted    SSIM  grain   good flagged (good)  s/MP outside"
    )
    for name, grounds in figures.items():
        for kind, row in grounds.items():
            print(
                f"{name:14} {kind:9} {row['photos']:5}  {row['psnr']:6.2f} {row['gain']:+7.2f} "
                f"{row['painted_gain']:+7.2f} {row['ssim_gain']:+7.3f} {row['grain']:+6.2f} {row['good']:6.1%} "
                f"{row['flagged']:6.1%} {row['good_flagged']:6.1%} {row['seconds_per_megapixel']:6.3f} "
                f"{row['outside']:6}"
            )


def main() -> None:
    parser = entry.parser(__doc__)
    parser.add_argument("--part", choices=("tune", "test"), default="test")
    parser.add_argument("--every", type=int, default=1, help="take each N-th photo")
    parser.add_argument("--sheet", type=Path, help="PNG, worst first: overlaid, clean, Telea, ours")
    parser.add_argument("--data", type=Path, default=DATA)
    arguments = entry.parse(parser, quick={"every": 90})
    if missing := lacking():
        raise SystemExit(f"fonts are missing: apt install {' '.join(missing)}")
    rows: list[dict[str, Any]] = []
    pictures: list[tuple[float, np.ndarray]] = []
    kinds = list(KINDS)
    for number, photo in enumerate(photos(arguments.part, every=arguments.every, data=arguments.data)):
        kind = kinds[(photo.seed + number) % len(kinds)]
        rows += measure(photo, kind, pictures if arguments.sheet else None)
    figures = summary(rows)
    show(figures)
    entry.write(arguments.json, {"part": arguments.part, "grounds": figures, "rows": rows})
    if arguments.sheet:
        shown = [picture for _, picture in sorted(pictures, key=lambda pair: pair[0])][:48]
        shown += [np.zeros_like(shown[0])] * (-len(shown) % 2)
        pairs = [np.concatenate(shown[at : at + 2], axis=1) for at in range(0, len(shown), 2)]
        Image.fromarray(np.concatenate(pairs)).save(arguments.sheet)


if __name__ == "__main__":
    main()
