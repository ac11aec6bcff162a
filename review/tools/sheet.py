"""A diagnostic sheet: one edit and all readings of its gates in one picture."""

from typing import cast

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from gates.contract import Box, Verdict, registry
from gates.edit import Edit
from gates.metrics.texture.spectrum import power
from gates.patch import Floats, luma
from line.picture import Rgb
from review.tools.heat_map import heat_map

PANEL = 420
GAP = 16
LINE = 20
INK, PAPER, RED, GREEN, CYAN = (30, 30, 30), (250, 250, 250), (190, 30, 30), (20, 120, 60), (0, 170, 200)
GAIN = 8
"""Amplification of the difference, shown around middle grey."""


def sheet(edit: Edit, verdict: Verdict, title: str = "") -> Rgb:
    """[H, W, 3] uint8 sheet with before, after, difference, heat map, spectra, and all readings with limits.

    Red boxes mark the places of broken limits, cyan lines the outline of the subject and what it spans.
    """
    boxes = [reason.where for reason in verdict.reasons if reason.where is not None]
    panels = [
        ("before", _fit(edit.before)),
        ("after, and its subject" if _is_framed(edit) else "after", _fit(_marked(_outlined(edit), boxes))),
        (f"difference x {GAIN}", _fit(_difference(edit))),
        ("where (heat)", _fit(_heated(edit))),
        ("spectrum before", _fit(_spectrum(edit.before))),
        ("spectrum after", _fit(_spectrum(edit.after))),
    ]
    readings = _reading_lines(edit, verdict)
    rows = 2
    width = 3 * (PANEL + GAP) + GAP
    head = 2 * GAP + LINE * 2
    lines_each = -(-len(readings) // 2)
    height = head + rows * (PANEL + LINE + GAP) + lines_each * LINE + 2 * GAP
    page = Image.new("RGB", (width, height), PAPER)
    pen = ImageDraw.Draw(page)
    large, small = ImageFont.load_default(size=20), ImageFont.load_default(size=14)
    outcome = (
        "pass" if verdict.passed else f"flag ({verdict.kind}): " + ", ".join(r.code for r in verdict.reasons)
    )
    pen.text((GAP, GAP), f"{edit.transform}  {title}", fill=INK, font=large)
    pen.text((GAP, GAP + LINE + 6), outcome, fill=GREEN if verdict.passed else RED, font=small)
    for number, (name, picture) in enumerate(panels):
        x = GAP + number % 3 * (PANEL + GAP)
        y = head + number // 3 * (PANEL + LINE + GAP)
        pen.text((x, y), name, fill=INK, font=small)
        page.paste(Image.fromarray(picture), (x, y + LINE))
    top = head + rows * (PANEL + LINE + GAP) + GAP
    for number, (text, broken) in enumerate(readings):
        x = GAP + number // lines_each * (width // 2)
        pen.text((x, top + number % lines_each * LINE), text, fill=RED if broken else INK, font=small)
    return np.asarray(page).copy()


def _reading_lines(edit: Edit, verdict: Verdict) -> list[tuple[str, bool]]:
    limits = {
        name: limit
        for gate in registry().for_transform(edit.transform)
        for name, limit in gate.limits.items()
    }
    # broken limits may come from the recipe
    limits |= {reason.reading: reason.limit for reason in verdict.reasons}
    broken = {reason.reading for reason in verdict.reasons}
    lines = []
    for name, value in sorted(verdict.readings.items(), key=lambda item: (item[0] not in broken, item[0])):
        # the bundled font lacks ≤ and ≥
        limit = str(limits.get(name, "recorded only")).replace("≤", "at most").replace("≥", "at least")
        lines.append((f"{name}  {value:.4g}   ({limit})", name in broken))
    return lines


def _fit(rgb: Rgb) -> Rgb:
    """The picture scaled to fit a grey square of ``PANEL`` pixels."""
    scale = PANEL / max(rgb.shape[:2])
    size = (max(1, round(rgb.shape[1] * scale)), max(1, round(rgb.shape[0] * scale)))
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    square = np.full((PANEL, PANEL, 3), 225, np.uint8)
    y, x = (PANEL - size[1]) // 2, (PANEL - size[0]) // 2
    square[y : y + size[1], x : x + size[0]] = cv2.resize(rgb, size, interpolation=interpolation)
    return square


def _is_framed(edit: Edit) -> bool:
    """Whether a gate of the edit looks at the subject."""
    return any(gate.name in ("composition", "frame") for gate in registry().for_transform(edit.transform))


def _outlined(edit: Edit) -> Rgb:
    """The result with the outline of its subject and the box that it spans, where a gate looks at the subject."""
    if not _is_framed(edit):
        return edit.after
    height, width = edit.after.shape[:2]
    subject = edit.compositions[1].subject.astype(np.uint8)
    whole = cv2.resize(subject, (width, height), interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    outlined = edit.after.copy()
    thick = max(1, max(edit.after.shape) // 300)
    cv2.drawContours(outlined, contours, -1, CYAN, thick)
    x, y, wide, tall = cv2.boundingRect(whole)
    cv2.rectangle(outlined, (x, y), (x + wide - 1, y + tall - 1), CYAN, thick)
    return outlined


def _marked(rgb: Rgb, boxes: list[Box]) -> Rgb:
    marked = rgb.copy()
    thick = max(1, max(rgb.shape) // 300)
    for x, y, w, h in boxes:
        cv2.rectangle(marked, (x - thick, y - thick), (x + w + thick, y + h + thick), RED, thick)
    return marked


def _same_size(edit: Edit) -> Rgb:
    size = (edit.after.shape[1], edit.after.shape[0])
    return (
        edit.before
        if edit.same_size
        else cast(Rgb, cv2.resize(edit.before, size, interpolation=cv2.INTER_CUBIC))
    )


def _difference(edit: Edit) -> Rgb:
    change = edit.after.astype(np.float32) - _same_size(edit)
    return cast(Rgb, np.clip(128 + GAIN * change, 0, 255).astype(np.uint8))


def _heated(edit: Edit) -> Rgb:
    """The coloured heat map over a pale copy of the result."""
    heat = np.clip(heat_map(edit), 0, 1)
    colours = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)[..., ::-1]
    pale = luma(edit.after)[..., None] * 0.5 + 110
    share = np.minimum(1, heat * 3)[..., None]
    return cast(Rgb, np.clip(pale * (1 - share) + colours * share, 0, 255).astype(np.uint8))


def _spectrum(rgb: Rgb) -> Rgb:
    """Logarithmic power spectrum, zero frequency in the middle, 60 dB from black to white."""
    half = power(luma(rgb))
    full = np.fft.fftshift(_mirrored(half))
    level = np.clip(10 * np.log10(full + 1e-3) / 60 + 0.2, 0, 1)
    return cast(Rgb, np.repeat((level * 255).astype(np.uint8)[..., None], 3, axis=2))


def _mirrored(half: Floats) -> Floats:
    rest = half[:, 1:-1][:, ::-1]
    return np.concatenate([half, np.roll(rest[::-1], 1, axis=0)], axis=1)
