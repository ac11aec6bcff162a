"""Finds what was laid over a photo with a segmenter: its maps, regions, one decision each, one mask."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from line.facts import Facts
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from line.vendor import VendorContext
from models.contract import OverlayMaps, OverlaySegmenter
from overlay.erasure_mask import draw_mask
from overlay.policy import Case, Decision, Thresholds, decide, table
from overlay.regions import OverlayRegion, find_regions
from overlay.templates.on_photo import Templates, settles
from overlay.templates.vendor_overlay import Sighting

PRIORITY = ("faint_text", "graphic_or_print", "overlay_or_print")
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
        overlay: the vendor's overlay that it is a part of, if it is of one.
    """

    region: OverlayRegion
    decision: Decision
    reason: str = ""
    template: int | None = None
    note: str = ""
    overlay: Sighting | None = None

    def as_print(self) -> "SettledRegion":
        """The same, taken for print."""
        return replace(self, decision=Decision.KEEP, reason="")


@dataclass(frozen=True, eq=False)
class Findings:
    """All that was found on one photo.

    Attributes:
        regions: those that are no part of a vendor's overlay.
        parts: those that are.
        overlays: the vendor's overlays.
    """

    regions: Sequence[SettledRegion]
    parts: Sequence[SettledRegion]
    overlays: Sequence[Sighting]

    @property
    def masked(self) -> list[SettledRegion]:
        """Regions that are erased or asked about."""
        return [one for one in self.regions if one.decision is not Decision.KEEP]

    @property
    def asked(self) -> list[SettledRegion]:
        return [one for one in self.regions if one.decision is Decision.ASK]

    @property
    def count(self) -> int:
        """Number of overlays."""
        return len(self.masked) + len(self.overlays)

    @property
    def has_faint_template(self) -> bool:
        """Whether one of the vendor's overlays is see-through: as it was learnt, or as its parts look here."""
        parts = [one.overlay for one in self.parts if one.region.is_faint]
        return any(one.is_faint or (one.is_faint is None and one in parts) for one in self.overlays)

    @property
    def uses_right(self) -> bool:
        """Whether anything see-through is erased: by the vendor's right alone."""
        faint = any(one.decision is Decision.ERASE and one.region.is_faint for one in self.regions)
        return faint or self.has_faint_template


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
    facts, rights = picture.facts, vendor.watermark_rights
    if facts.person_mask:
        return Edited(picture)
    maps = segmenter.segment(picture.rgb, limit=limit)
    regions = find_regions(maps, picture.rgb)
    templates = Templates.on(picture.rgb, vendor.templates, regions)
    findings = _settle(picture.rgb, maps, regions, templates, thresholds, rights=bool(rights))
    if facts.doubts == "print":
        without_doubts = [one.as_print() if one.decision is Decision.ASK else one for one in findings.regions]
        findings = replace(findings, regions=without_doubts)
    mask = _mask(picture.rgb, maps, findings, segmenter)
    coverage = 0.0 if mask is None else float(np.mean(mask > 0))
    records = [one.region.to_record(picture.rgb.shape, one.template) for one in findings.regions]
    records += [one.to_record(picture.rgb.shape) for one in findings.overlays]
    facts |= Facts(regions=tuple(records), coverage=round(coverage, 5))
    if rights and erase == "sure" and findings.uses_right:
        facts |= Facts(watermark_rights=rights)
    readings = {
        "texts": float(len(regions)),
        "overlays": float(findings.count),
        "doubtful": float(len(findings.asked)),
        "coverage": coverage,
    }
    result = picture.with_(mask=None if erase == "never" else mask, facts=facts)
    reason, sentence = _question(findings, erase, rights=bool(rights))
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
) -> Findings:
    """What is done with each region."""
    settled: list[SettledRegion] = []
    parts: list[SettledRegion] = []
    rules = table(thresholds)
    for region in regions:
        holder = templates.holder(region, _pixels(rgb, maps, region)) if templates.overlays else None
        if holder is not None:
            erased = region.probability >= thresholds.unsure
            parts.append(SettledRegion(region, Decision.ERASE if erased else Decision.KEEP, overlay=holder))
            continue
        template = templates.at(region, rgb.shape)
        confirmed = settles(template, rgb, region, thresholds.unsure)
        case = Case(
            probability=1.0 if confirmed else region.probability,
            faint=region.is_faint,
            area=region.area,
            rights=rights,
            graphic=region.is_graphic,
        )
        note = (
            f" Text stands at the same place on {template.images} photos of this vendor." if template else ""
        )
        decision, reason = decide(case, rules)
        settled.append(
            SettledRegion(region, decision, reason, template.id if template and confirmed else None, note)
        )
    return Findings(settled, parts, templates.overlays)


def _pixels(rgb: Rgb, maps: OverlayMaps, region: OverlayRegion) -> Mask:
    """[H, W] uint8, 1 on a region's pixels."""
    small = np.zeros(maps.ink.shape, np.uint8)
    small[region.window][region.pixels] = 1
    return np.asarray(cv2.resize(small, rgb.shape[1::-1], interpolation=cv2.INTER_NEAREST), np.uint8)


def _mask(rgb: Rgb, maps: OverlayMaps, findings: Findings, segmenter: OverlaySegmenter) -> Mask | None:
    if not findings.count:
        return None
    parts = [one.region for one in findings.parts if one.decision is Decision.ERASE]
    mask = draw_mask(rgb, maps, [*(one.region for one in findings.masked), *parts], segmenter)
    for overlay in findings.overlays:
        mask[overlay.window] = np.maximum(mask[overlay.window], overlay.cover)
    return mask


def _question(findings: Findings, erase: str, *, rights: bool) -> tuple[str, str]:
    """Why a person is asked, a code and a sentence; both empty where none is."""
    if findings.count and erase == "person":
        count = _pieces(findings.count)
        return (
            "text_needs_person",
            f"{count} over the photo: this recipe removes overlays only when a person says so.",
        )
    if erase != "sure":
        return "", ""
    if findings.has_faint_template and not rights:
        return "faint_text", NO_RIGHT
    if not findings.asked:
        return "", ""
    reason = min((one.reason for one in findings.asked), key=PRIORITY.index)
    doubts = [one for one in findings.asked if one.reason == reason]
    worst = min(doubts, key=lambda one: abs(one.region.probability - 0.5))
    return reason, _sentence(reason, worst, len(findings.asked)) + worst.note


def _sentence(reason: str, worst: SettledRegion, count: int) -> str:
    if reason == "faint_text":
        return NO_RIGHT
    what = "One logo, sticker or sign" if reason == "graphic_or_print" else _pieces(count)
    return (
        f"{what} may be laid over the photo or printed on the product "
        f"(overlay with a probability of {worst.region.probability:.0%}): say which."
    )


def _pieces(count: int) -> str:
    return "One piece of text" if count == 1 else f"{count} pieces of text"
