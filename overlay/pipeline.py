"""Finds what was laid over a photo with a segmenter: its maps, regions, one decision each, one mask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from line.facts import Facts, RecordedRegion
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from line.vendor import VendorContext
from models.contract import OverlayMaps, OverlaySegmenter
from overlay.erasure_mask import draw_mask
from overlay.policy import Case, Decision, Thresholds, decide, table
from overlay.regions import OverlayRegion, find_regions
from overlay.templates.on_photo import Templates
from overlay.templates.template_matching import to_record
from overlay.templates.vendor_overlay import Sighting

PRIORITY = ("faint_text", "banner_unclear", "graphic_or_print", "overlay_or_print")
"""Which reason is named first: without a right to a watermark nothing else needs an answer."""
NO_RIGHT = (
    "A faint or see-through overlay, like a watermark, lies over the photo, and no right of this vendor to "
    "have it removed is on record: say whether it may be."
)


@dataclass(frozen=True, eq=False)
class SettledRegion:
    """One region and what is done with it.

    Attributes:
        region: the region.
        decision: what is done.
        reason: why a person is asked; empty otherwise.
        template: id of the template that settled it, if one did.
        note: a sentence about the vendor's other photos; empty without a template there.
    """

    region: OverlayRegion
    decision: Decision
    reason: str
    template: int | None
    note: str

    def as_print(self) -> "SettledRegion":
        """The same, taken for print."""
        return replace(self, decision=Decision.KEEP, reason="")


def find_overlays(
    picture: Picture,
    segmenter: OverlaySegmenter,
    vendor: VendorContext,
    *,
    limit: int,
    erase: str,
    thresholds: Thresholds,
) -> Outcome:
    """The photo with the mask of its overlays, or the question that a person is asked about them.

    Args:
        segmenter: sees the photo once, and large photos' overlays again at their own scale.
        vendor: its templates, and its right to have watermarks removed.
        limit: long side at which the photo is seen (pixels).
        erase: "sure", "person" or "never", as ``find_text`` takes it.
        thresholds: the recipe's probabilities.
    """
    facts = picture.facts
    if facts.person_mask:
        return Edited(picture)
    rights = vendor.watermark_rights
    maps = segmenter.segment(picture.rgb, limit=limit)
    regions = find_regions(maps, picture.rgb)
    templates = Templates.on(picture.rgb, vendor.templates, regions)
    settled = _settle(picture.rgb, maps, regions, templates, thresholds, rights=bool(rights))
    if facts.doubts == "print":
        settled = [one.as_print() if one.decision is Decision.ASK else one for one in settled]
    overlays = [one for one in settled if one.decision is not Decision.KEEP]
    mask = _mask(picture.rgb, maps, overlays, templates.overlays, segmenter)
    coverage = 0.0 if mask is None else float(np.mean(mask > 0))
    facts |= Facts(
        regions=_records(picture.rgb.shape, settled, templates.overlays),
        coverage=round(coverage, 5),
    )
    if rights and erase == "sure" and _uses_right(overlays, templates.overlays):
        facts |= Facts(watermark_rights=rights)
    asked = [one for one in overlays if one.decision is Decision.ASK]
    readings = {
        "texts": float(len(regions)),
        "overlays": float(len(overlays) + len(templates.overlays)),
        "doubtful": float(len(asked)),
        "coverage": coverage,
    }
    result = picture.with_(mask=None if erase == "never" else mask, facts=facts)
    reason, sentence = _question(overlays, asked, templates.overlays, erase, rights=bool(rights))
    if not reason:
        return Edited(result, readings=readings)
    return Flagged(reason, sentence, picture=result, readings=readings)


def _settle(
    rgb: Rgb,
    maps: OverlayMaps,
    regions: Sequence[OverlayRegion],
    templates: Templates,
    thresholds: Thresholds,
    *,
    rights: bool,
) -> list[SettledRegion]:
    """What is done with each region; those that are a part of a template's overlay are left out."""
    settled, rules = [], table(thresholds)
    for region in regions:
        if templates.overlays and templates.holder(region, _pixels(rgb, maps, region)) is not None:
            continue
        stamp = templates.at(region, rgb.shape)
        confirmed = templates.settles(rgb, region, stamp, thresholds.unsure)
        case = Case(
            probability=1.0 if confirmed else region.probability,
            faint=region.is_faint,
            area=region.area,
            unclear=0.0 if confirmed else region.unclear,
            rights=rights,
            graphic=region.is_graphic,
        )
        note = f" Text stands at the same place on {stamp.images} photos of this vendor." if stamp else ""
        decision, reason = decide(case, rules)
        settled.append(
            SettledRegion(region, decision, reason, stamp.id if stamp and confirmed else None, note)
        )
    return settled


def _pixels(rgb: Rgb, maps: OverlayMaps, region: OverlayRegion) -> Mask:
    """[H, W] uint8, 1 on a region's pixels."""
    small = np.zeros(maps.ink.shape, np.uint8)
    small[region.window][region.pixels] = 1
    return np.asarray(cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _mask(
    rgb: Rgb,
    maps: OverlayMaps,
    overlays: Sequence[SettledRegion],
    marks: Sequence[Sighting],
    segmenter: OverlaySegmenter,
) -> Mask | None:
    if not overlays and not marks:
        return None
    mask = draw_mask(rgb, maps, [one.region for one in overlays], segmenter)
    for mark in marks:
        mask[mark.window] = np.maximum(mask[mark.window], mark.cover)
    return mask


def _records(
    shape: tuple[int, ...],
    settled: Sequence[SettledRegion],
    marks: Sequence[Sighting],
) -> tuple[RecordedRegion, ...]:
    """The regions as the records keep them, and the overlays of templates in place of their parts."""
    regions = [one.region.to_record(shape, one.template) for one in settled]
    return (*regions, *(to_record(mark, shape) for mark in marks))


def _uses_right(overlays: Sequence[SettledRegion], marks: Sequence[Sighting]) -> bool:
    """Whether anything see-through is erased: by the vendor's right alone."""
    faint = any(one.decision is Decision.ERASE and one.region.is_faint for one in overlays)
    return faint or any(mark.is_faint for mark in marks)


def _question(
    overlays: Sequence[SettledRegion],
    asked: Sequence[SettledRegion],
    marks: Sequence[Sighting],
    erase: str,
    *,
    rights: bool,
) -> tuple[str, str]:
    """Why a person is asked, a code and a sentence; both empty where none is."""
    if (overlays or marks) and erase == "person":
        count = _pieces(len(overlays) + len(marks))
        return (
            "text_needs_person",
            f"{count} over the photo: this recipe removes overlays only when a person says so.",
        )
    if erase != "sure":
        return "", ""
    if any(mark.is_faint for mark in marks) and not rights:
        return "faint_text", NO_RIGHT
    if not asked:
        return "", ""
    reason = min((one.reason for one in asked), key=PRIORITY.index)
    worst = min(
        (one for one in asked if one.reason == reason), key=lambda one: abs(one.region.probability - 0.5)
    )
    return reason, _sentence(reason, worst, len(asked)) + worst.note


def _sentence(reason: str, worst: SettledRegion, count: int) -> str:
    if reason == "faint_text":
        return NO_RIGHT
    if reason == "banner_unclear":
        return "A banner or badge lies over the photo whose outline is not clear: draw the mask."
    what = "One logo, sticker or sign" if reason == "graphic_or_print" else _pieces(count)
    return (
        f"{what} may be laid over the photo or printed on the product "
        f"(overlay with a probability of {worst.region.probability:.0%}): say which."
    )


def _pieces(count: int) -> str:
    return "One piece of text" if count == 1 else f"{count} pieces of text"
