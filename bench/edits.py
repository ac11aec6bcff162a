"""Good edits of photos: made from the truth, and by the line's own models where they are truly good."""

import hashlib
from collections.abc import Iterator

import cv2
import numpy as np

from bench.defects.defect import SEVERITIES, Defect, Good
from bench.overlays import Overlaid, composite, jpeg, overlay
from bench.photos import Photo
from gates.edit import Edit
from gates.measures.ciede2000 import ciede2000, lab
from line.picture import Rgb
from models.back_projection import BackProjection
from models.lanczos import Lanczos
from models.surroundings import Surroundings

SCALES = (1.35, 2.0, 3.0)
TRUE_ENOUGH = 36.0
"""dB inside the mask: a filler's result this close to the truth is good, whatever a gate says."""
SEEN = {"just": 2.0, "plain": 4.0, "gross": 6.0}
"""ΔE00 that a damage must reach to count as this severe; about 1 is just noticeable side by side."""


def good_edits(photo: Photo, other: Photo) -> Iterator[tuple[str, Good]]:
    """(how it was made, the edit); what is called "truth …" is what defects are injected into."""
    alien = cv2.resize(other.rgb, photo.rgb.shape[1::-1], interpolation=cv2.INTER_AREA)
    random = np.random.default_rng(photo.seed)

    case = overlay(photo)
    yield "truth filled in", _erased(case, case.truth, alien, random)
    ours = Surroundings().fill(case.before, case.mask, seed=photo.seed)
    if _psnr_within(case, ours) >= TRUE_ENOUGH:
        yield "filled by surroundings", _erased(case, ours, alien, random)

    scale = SCALES[photo.seed % len(SCALES)]
    height, width = photo.rgb.shape[:2]
    small = cv2.resize(photo.rgb, (round(width / scale), round(height / scale)), interpolation=cv2.INTER_AREA)
    for name, large in (
        ("truth back-projected", BackProjection().upscale(small, (width, height), seed=0)),
        ("enlarged by lanczos", Lanczos().upscale(small, (width, height), seed=0)),
        ("the photo itself", photo.rgb),
    ):
        yield name, Good(Edit("upscale", small, large), large, alien, random)

    for name, quality in (("truth as JPEG 92", 92), ("JPEG 82", 82)):
        packed = jpeg(photo.rgb, quality)
        yield name, Good(Edit("deliver", photo.rgb, packed), packed, alien, random)


def damaged(good: Good, defect: Defect, severity: str, photo: Photo) -> Edit | None:
    """The good edit with the defect, or None where it cannot be seen there as the severity says."""
    strength = defect.strengths[SEVERITIES.index(severity)]
    seed = hashlib.sha256(f"{photo.seed} {defect.kind} {strength}".encode()).digest()
    own = Good(good.edit, good.ideal, good.other, np.random.default_rng(int.from_bytes(seed[:8], "big")))
    bad = defect.damage(own, strength)
    return bad if defect.always or difference(good.edit, bad) >= SEEN[severity] else None


def difference(good: Edit, bad: Edit) -> float:
    """ΔE00 to the good edit that a twentieth of the damaged area exceeds, seen from a little way off."""
    changed = cv2.absdiff(good.after, bad.after).max(axis=2) > 0
    if not changed.any():
        return 0.0
    one, other = (lab(cv2.GaussianBlur(edit.after, (0, 0), 0.7).astype(np.float32)) for edit in (good, bad))
    return float(np.percentile(ciede2000(one[changed], other[changed]), 95))


def _erased(case: Overlaid, fill: Rgb, alien: Rgb, random: np.random.Generator) -> Good:
    after = composite(case.before, fill, case.mask)
    return Good(Edit("erase_text", case.before, after, case.mask), fill, alien, random)


def _psnr_within(case: Overlaid, fill: Rgb) -> float:
    inside = case.mask > 0
    square = float(np.square(case.truth[inside].astype(np.float32) - fill[inside]).mean())
    return 10 * float(np.log10(255**2 / max(square, 1e-3)))
