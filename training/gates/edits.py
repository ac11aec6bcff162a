"""Good edits of photos: made from the truth, and by the line's own models where they are truly good."""

import hashlib
from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from gates.edit import Edit
from line.picture import Rgb
from models.back_projection import BackProjection
from models.lanczos import Lanczos
from models.surroundings import Surroundings
from training.gates.captions import Overlaid, composite, jpeg, overlay
from training.gates.defects.defect import Defect, Good
from training.gates.defects.visible import SEVERITIES, visibility
from training.gates.photos import Photo

SCALES = (1.35, 2.0, 3.0)
UNSEEN = SEVERITIES["just"]
"""A filler's result that is less than just visibly off the truth is good, whatever a gate says."""
TRIES = 8
"""Strengths tried to find how visible a kind of damage is in a photo."""


def good_edits(photo: Photo, other: Photo, steps: Iterable[str]) -> Iterator[tuple[str, Good]]:
    """(how it was made, the edit); what is called "truth …" is what defects are injected into."""
    for step in steps:
        yield from MAKERS[step](photo, other)


def erasures(photo: Photo, other: Photo) -> Iterator[tuple[str, Good]]:
    case = overlay(photo)
    truth = composite(case.before, case.truth, case.mask)
    yield "truth filled in", _erased(photo, other, case, case.truth)
    ours = Surroundings().fill(case.before, case.mask, seed=photo.seed)
    if visibility(truth, composite(case.before, ours, case.mask)) < UNSEEN:
        yield "filled by surroundings", _erased(photo, other, case, ours)


def enlargements(photo: Photo, other: Photo) -> Iterator[tuple[str, Good]]:
    scale = SCALES[photo.seed % len(SCALES)]
    height, width = photo.rgb.shape[:2]
    size = (round(width / scale), round(height / scale))
    small = np.asarray(cv2.resize(photo.rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    for name, large in (
        ("truth back-projected", BackProjection().upscale(small, (width, height), seed=0)),
        ("enlarged by lanczos", Lanczos().upscale(small, (width, height), seed=0)),
        ("the photo itself", photo.rgb),
    ):
        yield name, _good(photo, other, Edit("upscale", small, large), large)


def deliveries(photo: Photo, other: Photo) -> Iterator[tuple[str, Good]]:
    for name, quality in (("truth as JPEG 92", 92), ("JPEG 82", 82)):
        packed = jpeg(photo.rgb, quality)
        yield name, _good(photo, other, Edit("deliver", photo.rgb, packed), packed)


def damages(good: Good, defect: Defect, photo: Photo) -> Iterator[tuple[str, float, Edit]]:
    """(severity, strength, bad edit) for every severity that this photo can show."""

    def bad(strength: float) -> Edit:
        # the same draws at every strength, so that only the strength makes the difference
        seed = hashlib.sha256(f"{photo.seed} {defect.kind}".encode()).digest()
        random = np.random.default_rng(int.from_bytes(seed[:8], "big"))
        return defect.damage(Good(good.edit, good.ideal, good.other, random, good.tune), strength)

    def visible(edit: Edit) -> float:
        return visibility(good.edit.after, edit.after, defect.blur)

    if defect.units is not None:
        for (severity, wished), strength in zip(SEVERITIES.items(), defect.units, strict=True):
            edit = bad(strength)
            if defect.always or visible(edit) >= wished * defect.visibility_share:
                yield severity, strength, edit
        return
    if defect.span is None:
        raise ValueError(f"{defect.kind} has neither units nor a span of strengths")
    strengths = np.geomspace(*defect.span, TRIES)
    reached = np.maximum.accumulate([visible(bad(strength)) for strength in strengths]) + 1e-6
    for severity, wished in SEVERITIES.items():
        if reached[-1] >= wished > reached[0]:
            # between two tries both grow in proportion, nearly
            strength = float(np.exp(np.interp(np.log(wished), np.log(reached), np.log(strengths))))
            yield severity, strength, bad(strength)


MAKERS = {"erase_text": erasures, "upscale": enlargements, "deliver": deliveries}
"""What makes the good edits of each step."""


def _erased(photo: Photo, other: Photo, case: Overlaid, fill: Rgb) -> Good:
    after = composite(case.before, fill, case.mask)
    return _good(photo, other, Edit("erase_text", case.before, after, case.mask), fill)


def _good(photo: Photo, other: Photo, edit: Edit, ideal: Rgb) -> Good:
    size = photo.rgb.shape[1::-1]
    alien = np.asarray(cv2.resize(other.rgb, size, interpolation=cv2.INTER_AREA), np.uint8)
    return Good(edit, ideal, alien, np.random.default_rng(photo.seed), photo.tune)
