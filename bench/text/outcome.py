"""What came of all cases, as figures beside their aims."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import numpy as np

from bench.captions.draw import KINDS
from bench.text.cases import Case

FLAT, TEXTURED = 2.5, 8.0
"""Deviation of the finest detail around the mask, levels: below is flat or gradient, above textured."""
EXACT = 60.0
"""dB at which ``bench.text.cases.psnr`` is cut."""
POLICY = "faint_text"
"""Why a watermark is shown to a person: no right of the vendor to remove it is on record."""
AIMS = (
    ("found_by_area", "overlays found, by area", "≥ 97 %"),
    ("print_lost", "photos without overlay that lost print", "≤ 0.5 %"),
    ("person", "photos sent to a person, of all", "≤ 10 %"),
    ("person_of_clean", "  of those without overlay", ""),
    ("person_of_overlaid", "  of those with overlay", ""),
    ("policy_of_overlaid", "    by policy: no right on record", ""),
    ("left_and_delivered", "overlay left and delivered", "≤ 1 %"),
    ("legible", "overlay legible after erasing", "≤ 1 %"),
    ("text_after", "text detected after erasing", ""),
)


def summary(cases: list[Case], real: list[Case]) -> dict[str, object]:
    clean = [case for case in cases if case.kind == "none"]
    drawn = [case for case in cases if case.kind != "none"]
    erased = [case for case in drawn if case.outcome == "erased"]
    pixels = sum(case.megapixels for case in cases)
    filled = sum(case.megapixels for case in cases if "fill" in case.seconds)
    seconds: Counter[str] = Counter()
    for case in cases:
        seconds.update(case.seconds)
    return {
        "clean_photos": len(clean),
        "overlaid_photos": len(drawn),
        "found_by_area": by_area(drawn),
        "print_lost": share(case.outcome == "erased" for case in clean),
        "person": share(case.outcome == "person" for case in cases),
        "person_of_clean": share(case.outcome == "person" for case in clean),
        "person_of_overlaid": share(case.outcome == "person" for case in drawn),
        "policy_of_overlaid": share(case.reason == POLICY for case in drawn),
        "left_and_delivered": share(case.left for case in drawn),
        "legible": share(case.legible for case in erased),
        "text_after": share(case.text_after for case in erased),
        "missing": dict(Counter(case.missing for case in drawn if case.left)),
        "reasons": dict(Counter(case.reason for case in cases if case.reason)),
        "changed_outside": sum(case.outside for case in cases),
        "seconds_per_megapixel": {
            part: spent / max(filled if part in ("fill", "blend") else pixels, 1e-9)
            for part, spent in seconds.items()
        },
        "grounds": grounds(erased),
        "kinds": {kind: row([case for case in drawn if case.kind == kind]) for kind in KINDS},
        "scripts": {
            script: row([case for case in drawn if case.script == script])
            for script in sorted({case.script for case in drawn})
        },
        "real": {
            kind: row([case for case in real if case.kind == kind])
            for kind in sorted({case.kind for case in real})
        },
    }


def row(cases: list[Case]) -> dict[str, float]:
    """One kind, script or set."""
    erased = [case for case in cases if case.outcome == "erased"]
    return {
        "photos": len(cases),
        "found": by_area(cases),
        "person": share(case.outcome == "person" for case in cases),
        "policy": share(case.reason == POLICY for case in cases),
        "left": share(case.left for case in cases),
        "legible": share(case.legible for case in erased),
        "text_after": share(case.text_after for case in erased),
    }


def grounds(erased: list[Case]) -> dict[str, dict[str, float]]:
    """The fill beside Telea's by how much detail surrounds the mask, where the overlay was covered.

    Where both are exact there is nothing to gain: such photos are counted, and stay out of the mean.
    """
    measured = [case for case in erased if case.psnr is not None and not case.left]
    figures = {}
    for name, low, high in (("flat", -1.0, FLAT), ("between", FLAT, TEXTURED), ("textured", TEXTURED, 1e9)):
        every = [case for case in measured if low <= case.detail < high]
        pairs = [(case.psnr or 0.0, case.psnr_telea or 0.0) for case in every]
        part = [pair for pair in pairs if min(pair) < EXACT]
        figures[name] = {
            "photos": len(part),
            "exact_by_both": len(every) - len(part),
            "psnr": share(ours for ours, _ in part),
            "telea": share(telea for _, telea in part),
            "gain": share(ours - telea for ours, telea in part),
        }
    return figures


def by_area(cases: list[Case]) -> float:
    """Covered overlay pixels of all, each case weighing as the share of its photo that its overlay takes."""
    areas = np.array([case.overlay_pixels / max(case.megapixels, 1e-9) for case in cases])
    covered = np.array([case.covered for case in cases])
    return float((areas * covered).sum() / areas.sum()) if areas.sum() else float("nan")


def share(values: Iterable[float | bool | None]) -> float:
    listed = [float(value) for value in values if value is not None]
    return float(np.mean(listed)) if listed else float("nan")


def show(figures: dict[str, Any], half: str) -> None:
    print(
        f"{figures['clean_photos']} photos as they are, {figures['overlaid_photos']} with an overlay, {half} half"
    )
    for key, words, aim in AIMS:
        print(f"  {words:40} {figures[key]:7.1%}   {aim and 'aim ' + aim}")
    print(f"  {'pixels changed outside the mask':40} {figures['changed_outside']:7d}   aim 0")
    for name, aim in (("flat", "≥ +4 dB"), ("between", ""), ("textured", "≥ +2 dB")):
        ground = figures["grounds"][name]
        words = f"PSNR over Telea, {name}, {ground['photos']} photos (+{ground['exact_by_both']})"
        print(f"  {words:40} {ground['gain']:+7.2f}   {aim and 'aim ' + aim}")
    parts = ", ".join(f"{part} {spent:.2f}" for part, spent in figures["seconds_per_megapixel"].items())
    print(f"  processor seconds per megapixel: {parts} (fill and blend: of what is erased)")
    print(f"  overlays left: {figures['missing']}; to a person: {figures['reasons']}")
    print(f"  {'':10} photos   found  person  policy    left  legible  text after")
    for part in ("kinds", "scripts", "real"):
        for name, values in figures[part].items():
            print(f"  {name:10} {values['photos']:6}  {values['found']:6.2f}  {values['person']:6.2f}  "
                  f"{values['policy']:6.2f}  {values['left']:6.2f}  {values['legible']:7.2f}  "
                  f"{values['text_after']:10.2f}")  # fmt: skip
        print()
