"""How well the gates tell good edits from defects.

    python -m bench.gates                    # 80 photos of the report part
    python -m bench.gates --part training      # of the part that limits are tuned on
    python -m bench.gates --docs             # writes docs/gates.md and measures nothing

Real photos where they lie beside the checkout, drawn ones elsewhere. Nothing is tuned on the report part (see
:mod:`training.split`), and its defects draw their parameters from other ranges.
"""

import json
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bench import entry
from gates.contract import judge, registry
from gates.edit import Edit
from gates.metrics.similarity.gmsd import gmsd
from gates.metrics.similarity.psnr import psnr
from gates.metrics.similarity.ssim import ssim
from gates.patch import luma
from models.surroundings import Surroundings
from review.tools.gate_docs import page
from training.gates.captions import composite, overlay
from training.gates.defects import enlarge, erase, file
from training.gates.defects.visible import SEVERITIES, visibility
from training.gates.edits import MAKERS, damages, good_edits
from training.gates.photos import Photo, photos
from training.parallel import parallel_map
from training.split import Part

DEFECTS = (*erase.DEFECTS, *enlarge.DEFECTS, *file.DEFECTS)
CLASSICAL = ("psnr", "ssim", "gmsd")
SPEED_LONG_SIDE = 1600
"""Longer side of the photos that times are taken on (pixels), as large as those a line delivers."""
Row = dict[str, Any]


def main() -> None:
    options = entry.parser(__doc__)
    options.add_argument("--photos", type=int, default=80)
    options.add_argument("--long-side", type=int, default=640)
    options.add_argument(
        "--part", type=Part, choices=list(Part), default=Part.REPORT, help="which photos are measured"
    )
    options.add_argument("--only", default="", help="measure defects whose kind contains this")
    options.add_argument(
        "--step", choices=tuple(MAKERS), action="append", help="measure edits of this step only"
    )
    options.add_argument("--draws", type=int, default=1, help="overlays drawn and erased on each photo")
    options.add_argument("--processes", type=int, default=2)
    options.add_argument(
        "--again", type=Path, help="judge the rows of an earlier run by today's limits instead"
    )
    options.add_argument("--speed-photos", type=int, default=12, help="photos that times are taken on")
    options.add_argument("--docs", action="store_true", help="write docs/gates.md and measure nothing")
    options.add_argument("--rows", type=Path, help="also write every single judgement here, for tuning")
    chosen = entry.parse(options, quick={"photos": 1, "long_side": 400, "speed_photos": 0})
    cv2.setNumThreads(1)
    if chosen.docs:
        (Path(__file__).resolve().parents[1] / "docs" / "gates.md").write_text(page())
        return
    steps = chosen.step or list(MAKERS)
    if chosen.again:
        rows = [rejudged(json.loads(line)) for line in chosen.again.read_text().splitlines()]
    else:
        measured = partial(_measured, only=chosen.only, steps=steps, draws=chosen.draws)
        rows = measure(chosen.photos, chosen.part, chosen.long_side, measured, processes=chosen.processes)
    if chosen.rows:
        chosen.rows.write_text("\n".join(json.dumps(row) for row in rows))
    figures = report(rows) | {"speed_ms_per_megapixel": speed(steps, chosen.speed_photos)}
    print(table(figures))
    entry.write(chosen.json, figures)


def measure(
    count: int,
    part: Part,
    long_side: int,
    measured: Callable[[tuple[Photo, Photo]], list[Row]],
    *,
    processes: int = 1,
) -> list[Row]:
    """The rows of ``count`` photos of a part; each is given together with another photo."""
    chosen = list(photos(count, part, long_side))
    pairs = list(zip(chosen, chosen[1:] + chosen[:1], strict=True))
    return [row for rows in parallel_map(measured, pairs, processes) for row in rows]


def _measured(pair: tuple[Photo, Photo], only: str, steps: list[str], draws: int) -> list[Row]:
    cv2.setNumThreads(1)
    photo, other = pair
    elsewhere = [step for step in steps if step != "erase_text"]
    rows = _of_steps(photo, other, only, elsewhere)
    for number in range(draws if "erase_text" in steps else 0):
        again = photo.again(number)
        rows += _of_steps(again, other, only, ["erase_text"])
        rows.append(
            {"photo": photo.name, "transform": "erase_text", "kind": "fill", "severity": "real"}
            | _real(again)
        )
    return rows


def _of_steps(photo: Photo, other: Photo, only: str, steps: list[str]) -> list[Row]:
    """One row per judged edit of a photo, good ones and their damages."""
    base: Row = {"photo": photo.name}
    rows = []
    for how, good in good_edits(photo, other, steps):
        shared = base | {"transform": good.edit.transform}
        rows.append(shared | {"kind": how, "severity": "good"} | _judged(good.edit))
        if not how.startswith("truth"):
            continue
        for defect in DEFECTS:
            if defect.transform != good.edit.transform or only not in defect.kind:
                continue
            for severity, strength, bad in damages(good, defect, photo):
                shared |= {"kind": defect.kind, "severity": severity, "strength": strength}
                rows.append(shared | _judged(bad))
    return rows


def _real(photo: Photo) -> Row:
    """The line's own fill under a caption, whatever it is worth, and how visibly it is off the truth."""
    case = overlay(photo)
    fill = Surroundings().fill(case.before, case.mask, seed=photo.seed)
    truth, ours = (composite(case.before, rgb, case.mask) for rgb in (case.truth, fill))
    return {"visibility": visibility(truth, ours)} | _judged(Edit("erase_text", case.before, ours, case.mask))


def _judged(edit: Edit) -> Row:
    verdict = judge(edit)
    size = edit.before.shape[1::-1]
    resized = edit.after if edit.same_size else cv2.resize(edit.after, size, interpolation=cv2.INTER_AREA)
    after = np.asarray(resized, np.uint8)
    one, other = edit.before_luma, luma(after)
    # of all three, less is better
    classical = {"psnr": -psnr(edit.before, after), "ssim": -ssim(one, other), "gmsd": gmsd(one, other)}
    return {
        "flagged": not verdict.passed,
        "reasons": [reason.code for reason in verdict.reasons],
        "readings": {name: round(value, 5) for name, value in verdict.readings.items()},
        "classical": classical,
    }


def rejudged(row: Row) -> Row:
    """The same readings under the limits that the gates have now."""
    limits = {
        name: limit
        for gate in registry().for_transform(row["transform"])
        for name, limit in gate.limits.items()
    }
    readings = row["readings"]
    broken = [name for name, limit in limits.items() if name in readings and not limit.holds(readings[name])]
    return row | {"flagged": bool(broken), "reasons": broken}


def report(rows: list[Row]) -> dict[str, Any]:
    """Rates; the classical metrics are cut so that they flag as many good edits as the gates do."""
    good = [row for row in rows if row["severity"] == "good"]
    kinds: dict[str, dict[str, Any]] = defaultdict(dict)
    # at the gates' own rate, but at least one in a hundred, so that the comparison is in the metrics' favour
    allowed = {
        name: max(0.01, _rate([row for row in good if row["transform"] == name]))
        for name in _transforms(good)
    }
    cuts = {
        (name, metric): float(
            np.quantile([row["classical"][metric] for row in good if row["transform"] == name], 1 - share)
        )
        for name, share in allowed.items()
        for metric in CLASSICAL
    }
    for defect in DEFECTS:
        for severity in SEVERITIES:
            mine = [row for row in rows if row["kind"] == defect.kind and row["severity"] == severity]
            if mine:
                kinds[defect.kind][severity] = {"count": len(mine), "flagged": _rate(mine)} | {
                    metric: float(
                        np.mean([row["classical"][metric] > cuts[row["transform"], metric] for row in mine])
                    )
                    for metric in CLASSICAL
                }
    means = {
        who: {severity: _mean(kinds, severity, who) for severity in SEVERITIES}
        for who in ("flagged", *CLASSICAL)
    }
    plain = {kind: figures["plain"]["flagged"] for kind, figures in kinds.items() if "plain" in figures}
    worst = min(plain, key=lambda kind: plain[kind], default="")
    return {
        "photos": len({row["photo"] for row in rows}),
        "good": {
            how: {"count": len(group), "flagged": _rate(group)}
            for how in sorted({row["kind"] for row in good})
            for group in [[row for row in good if row["kind"] == how]]
        },
        "erasures_flagged": _rate([row for row in good if row["transform"] == "erase_text"]),
        "real_fills": _real_fills(rows),
        "good_flagged": _rate(good),
        "good_count": len(good),
        "kinds": dict(kinds),
        "plain_worst": {"kind": worst, "flagged": plain.get(worst)},
        "means": means,
    }


def _real_fills(rows: list[Row]) -> dict[str, dict[str, float]]:
    """By how visibly they are off the truth, how many of the line's own fills are flagged."""
    ends = (0.0, *SEVERITIES.values(), float("inf"))
    names = ("not to be seen", *SEVERITIES)
    real = [row for row in rows if row["severity"] == "real"]
    figures = {
        name: [row for row in real if low <= row["visibility"] < high]
        for name, low, high in zip(names, ends, ends[1:], strict=False)
    }
    return {name: {"count": len(group), "flagged": _rate(group)} for name, group in figures.items()}


def _transforms(rows: list[Row]) -> list[str]:
    return sorted({row["transform"] for row in rows})


def _rate(rows: list[Row]) -> float:
    return float(np.mean([row["flagged"] for row in rows])) if rows else 0.0


def _mean(kinds: dict[str, dict[str, Any]], severity: str, who: str) -> float:
    figures = [kind[severity][who] for kind in kinds.values() if severity in kind]
    return float(np.mean(figures)) if figures else 0.0


def speed(steps: list[str], count: int, repeat: int = 5) -> dict[str, float]:
    """Milliseconds per megapixel of the result over all pictures, all gates of a step, CPU of one thread, no detector.

    Of each edit the median of ``repeat`` times; all of these together over all megapixels.
    """
    taken: dict[str, float] = defaultdict(float)
    pixels: dict[str, int] = defaultdict(int)
    pictures = list(photos(count, Part.TRAINING, SPEED_LONG_SIDE))
    for photo, other in zip(pictures, pictures[1:] + pictures[:1], strict=True):
        for _, good in good_edits(photo, other, steps):
            edit = good.edit
            times = []
            for _ in range(repeat):
                fresh = Edit(edit.transform, edit.before, edit.after, edit.mask)
                start = time.thread_time()
                judge(fresh)
                times.append(time.thread_time() - start)
            taken[edit.transform] += float(np.median(times))
            pixels[edit.transform] += edit.after.shape[0] * edit.after.shape[1]
    return {step: round(taken[step] * 1e9 / pixels[step], 1) for step in sorted(taken)}


def table(figures: dict[str, Any]) -> str:
    """The report for people; percent flagged."""
    lines = [
        f"{'defect':28}" + "".join(f"{severity:>8}" for severity in SEVERITIES) + "   plain: psnr  ssim  gmsd"
    ]
    for kind, by in figures["kinds"].items():
        rates = "".join(
            f"{by[s]['flagged']:5.0%}/{by[s]['count']:<2}" if s in by else f"{'–':>8}" for s in SEVERITIES
        )
        plain = by.get("plain")
        beside = "".join(f"{plain[metric]:6.0%}" for metric in CLASSICAL) if plain else ""
        lines.append(f"{kind:28}{rates}        {beside}")
    for who, rates in figures["means"].items():
        name = "mean of kinds, gates" if who == "flagged" else f"mean of kinds, {who} alone"
        lines.append(f"{name:28}" + "".join(f"{rates[severity]:8.1%}" for severity in SEVERITIES))
    for how, group in figures["good"].items():
        lines.append(f"good: {how:22}{group['flagged']:8.1%} of {group['count']}")
    lines.append(
        f"good edits flagged {figures['good_flagged']:.1%} of {figures['good_count']}, {figures['photos']} photos"
    )
    for name, group in figures["real_fills"].items():
        lines.append(f"the line's own fills, off by {name:16}{group['flagged']:8.1%} of {group['count']}")
    lines.append(f"good erasures flagged {figures['erasures_flagged']:.1%}; LPIPS: no weights")
    lines.append(f"worst plain kind: {figures['plain_worst']}")
    lines.append(f"ms per megapixel, one thread: {figures['speed_ms_per_megapixel']}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
