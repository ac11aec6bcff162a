"""Finds text on a photo and tells what was laid over it from what is printed on the product."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, cast

import cv2
import numpy as np

from line.facts import Facts
from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from line.vendor import UNKNOWN_VENDOR, VendorContext
from models.contract import Model, OverlaySegmenter, Task, TextFinder
from overlay.classify.classifier import BY_ITSELF, CLEAR, MARKS, Reading, find, read
from overlay.classify.decision import TREES
from overlay.detect.candidate import Source
from overlay.detect.multiscale_detections import Looks
from overlay.mask.adjacent_glyphs import companions
from overlay.mask.mask_completion import whole, without_islands
from overlay.mask.mask_coverage_check import is_frame, leaves_rest
from overlay.mask.panel_border import with_edging
from overlay.mask.strokes import Window, sides
from overlay.pipeline import find_overlays
from overlay.policy import Thresholds
from overlay.segment.overlay_map import LAID_FROM, NETWORK, Map, cell_side, overlay_map, pixels
from overlay.templates.recurring import box_of
from overlay.templates.template_matching import holders, sightings, to_record
from overlay.templates.text_template import ONE_INK, SAME_LOOK, Stamp, look_for
from overlay.templates.vendor_overlay import Sighting
from tasks.transform import transform
from worker.queues import Queue

LIKELY = 0.75
"""Probability from which the company of a certain overlay of the same ink settles a doubt."""

MANY_TONES = 25.0
"""Median distance of the letters' pixels from their middle colour, levels, from which they are of no one ink."""
FEW = 0.25
"""Share of the ink near its middle colour below which it is of no one tone."""
SEEN_BY_NONE = 0.8
"""Probability from which a place of the overlay map counts where no finder saw text."""
LARGE, LARGE_UNSURE = 0.1, 0.2
"""Share of the photo from which a text is large, and the probability from which a person hears of it then: a title
left over the photo is the worst that can be delivered, and one in 27 pieces of print that large is asked about."""
ALL_BUT_CERTAIN, WIDELY = 0.98, 0.003
"""Chance from which the overlay map is all but certain, and the share of the photo from which a person hears of a
place where it is, whatever its letters look like. Of 183 tuning photos 3 have such a place without an overlay; of 39
overlays that were else taken for print 10 have one, titles above all."""
MOSTLY = 0.5
"""Share of such a place that is erased with a certain overlay from which it is a piece of that."""
NO_RIGHT = (
    "Faint or see-through text, like a watermark, lies over the photo, and no right of this vendor to "
    "have it removed is on record: say whether it may be."
)
COMMON_TONE = 0.15
"""Share of the photo that has the letters' middle colour from which it marks no ink."""


@transform(
    queue=Queue.FIND_TEXT,
    task=Task.FIND_TEXT,
    default_model="rapidocr",
    edits=False,
    informs=True,
    trained=(TREES, NETWORK),
)
def find_text(
    pictures: list[Picture],
    model: Model,
    vendor: VendorContext = UNKNOWN_VENDOR,
    *,
    limit: int = 640,
    erase: Literal["sure", "never", "person"] = "sure",
    sure: float = 0.9,
    unsure: float = 0.5,
) -> list[Outcome]:
    """Mask the overlays of each picture.

    The vendor's ``watermark_rights`` let faint and see-through overlays be erased like others. Text at one of
    its confirmed ``templates`` counts as a sure overlay, and the detector looks there again, enlarged; where the
    template holds the whole overlay, that is matched by its outline and masked whole.

    Args:
        limit: long side in pixels at which text is looked for; 960 finds smaller text for twice the time.
        erase: "sure" masks sure overlays and sends unsure and faint ones to a person; "person" sends every
            overlay, sure or not, to a person; "never" only records what is there.
        sure: probability of being an overlay, among the photo's other texts, from which text is masked; by itself
            it must look like one with 0.88 at least.
        unsure: probability below which text is the product's own and stays; at most 0.2 over a tenth of the photo.

    Raises:
        ValueError: ``erase`` is none of the three words.
    """
    if erase not in ("sure", "person", "never"):
        raise ValueError(f'find_text: erase is "sure", "person" or "never", not {erase!r}')
    if isinstance(model, OverlaySegmenter):
        thresholds = Thresholds(sure, unsure)
        return [
            find_overlays(picture, model, vendor, limit=limit, erase=erase, thresholds=thresholds)
            for picture in pictures
        ]
    finder = cast(TextFinder, model)
    stamps = [Stamp.from_record(template) for template in vendor.templates]
    stamps.sort(key=lambda stamp: not stamp.confirmed)
    rights = vendor.watermark_rights
    options = _Options(limit, erase, sure, unsure)
    return [_find(picture, finder, stamps, rights, options) for picture in pictures]


@dataclass(frozen=True, slots=True)
class _Options:
    """The parameters of :func:`find_text`."""

    limit: int
    erase: str
    sure: float
    unsure: float


def _find(
    picture: Picture, finder: TextFinder, stamps: Sequence[Stamp], rights: str | None, options: _Options
) -> Outcome:
    erase, sure, unsure = options.erase, options.sure, options.unsure
    if picture.facts.person_mask:
        return Edited(picture)
    looks = Looks(picture.rgb, finder)
    laid = overlay_map()(picture.rgb, looks.levels)
    found = find(looks, options.limit, laid)
    marks = sightings(picture.rgb, stamps, found)
    unseen = [stamp for stamp in stamps if stamp.id not in {mark.template for mark in marks}]
    seen = read(picture.rgb, [*found, *look_for(picture.rgb, finder, unseen, found)], laid)
    places = [_stamp_at(picture.rgb, reading, stamps) for reading in seen]
    held = holders(seen, marks, picture.rgb.shape)
    readings = [
        replace(reading, probability=1.0) if is_stamp(picture.rgb, reading, stamp, unsure) else reading
        for reading, stamp in zip(seen, places, strict=True)
    ]
    overlays = [
        reading
        for reading, mark in zip(readings, held, strict=True)
        if mark is None
        and (
            reading.probability >= least(reading, unsure) or is_widely_laid(reading, laid, picture.rgb.shape)
        )
    ]
    # of a mark's own text the letters are drawn as well, where they are sure without it: thin ones are seen best here
    inked = [
        reading
        for reading, mark in zip(readings, held, strict=True)
        if mark is not None and is_sure(reading, sure, by_right=True)
    ]
    certain = [reading for reading in overlays if is_sure(reading, sure, by_right=bool(rights))]
    overlays = without_pieces(picture.rgb, overlays, certain, laid)
    certain = [reading for reading in certain if reading in overlays]
    mask = draw_mask(picture.rgb, [*overlays, *inked], laid, marks) if overlays or marks else None
    torn = [reading for reading in certain if mask is not None and is_torn(picture.rgb, reading, mask, laid)]
    doubtful = [
        reading
        for reading in overlays
        if reading in torn or (reading not in certain and not joins(reading, certain))
    ]
    if doubtful and picture.facts.doubts == "print":
        overlays = [reading for reading in overlays if reading not in doubtful]
        doubtful = []
        mask = draw_mask(picture.rgb, [*overlays, *inked], laid, marks) if overlays or marks else None
    coverage = 0.0 if mask is None else float(np.mean(mask > 0))
    regions = [
        reading.to_record(
            picture.rgb.shape,
            mark.template if mark else stamp.id if stamp and reading is not settled else None,
        )
        for reading, stamp, settled, mark in zip(seen, places, readings, held, strict=True)
    ]
    regions += [to_record(mark, picture.rgb.shape) for mark in marks if mark not in held]
    facts = picture.facts | Facts(regions=tuple(regions), coverage=round(coverage, 5))
    veils = [mark for mark in marks if mark.is_faint]
    if rights and erase == "sure" and (veils or any(reading.is_faint for reading in certain)):
        facts |= Facts(watermark_rights=rights)
    figures = {
        "texts": float(len(readings)),
        "overlays": float(len(overlays) + len(marks)),
        "doubtful": float(len(doubtful)),
        "coverage": coverage,
    }
    result = picture.with_(mask=None if erase == "never" else mask, facts=facts)
    if (overlays or marks) and erase == "person":
        sentence = (
            f"{_pieces(len(overlays) + len(marks))} over the photo: this recipe removes text only when a person "
            "says so."
        )
        return Flagged("text_needs_person", sentence, picture=result, readings=figures)
    if veils and not rights and erase == "sure":
        return Flagged("faint_text", NO_RIGHT, picture=result, readings=figures)
    if doubtful and erase == "sure":
        # without a right to a watermark nothing else needs an answer first
        faint = [one for one in doubtful if one.is_faint and one.probability >= sure and not rights]
        worst = max(faint or doubtful, key=lambda one: min(one.probability, 1 - one.probability))
        reason, sentence = _doubt(worst, len(doubtful), sure, is_mark=bool(faint), is_unclear=worst in torn)
        stamp = places[readings.index(worst)]
        return Flagged(reason, sentence + _elsewhere(stamp), picture=result, readings=figures)
    return Edited(result, readings=figures)


def _doubt(worst: Reading, count: int, sure: float, *, is_mark: bool, is_unclear: bool) -> tuple[str, str]:
    """Why a person is asked: a code and a sentence."""
    if is_mark:
        return "faint_text", NO_RIGHT
    if worst.probability >= sure and (is_unclear or worst.leaves_ground):
        return "banner_unclear", (
            "Text lies over the photo on a banner or badge whose outline is not clear: draw the mask."
        )
    if worst.probability < LARGE_UNSURE:
        return "overlay_or_print", (
            "A large place looks laid over the photo, though its letters look printed on the product: say which."
        )
    return "overlay_or_print", (
        f"{_pieces(count)} may be laid over the photo or printed on the product "
        f"(overlay with a probability of {worst.probability:.0%}): say which."
    )


def _elsewhere(stamp: Stamp | None) -> str:
    return "" if stamp is None else f" Text stands at the same place on {stamp.images} photos of this vendor."


def _stamp_at(rgb: Rgb, reading: Reading, stamps: Sequence[Stamp]) -> Stamp | None:
    """The vendor template at whose place a text stands, a confirmed one first."""
    box = box_of(reading.region.quad, rgb.shape[1], rgb.shape[0])
    return next((stamp for stamp in stamps if stamp.is_at(box)), None)


def is_stamp(rgb: Rgb, reading: Reading, stamp: Stamp | None, unsure: float) -> bool:
    """Whether a text is what a person confirmed to be an overlay at this place.

    It is where its letters are the same. Where they differ, as in a date, the same ink settles a doubt,
    but what is print by itself stays print.
    """
    if stamp is None or not stamp.confirmed:
        return False
    box = box_of(reading.region.quad, rgb.shape[1], rgb.shape[0])
    return stamp.is_on(rgb, SAME_LOOK, box) or (
        reading.probability >= unsure and stamp.is_of_ink(reading.strokes)
    )


def is_sure(reading: Reading, sure: float, *, by_right: bool = False) -> bool:
    """Whether a text may be erased without asking; a faint one only by the vendor's right."""
    if reading.probability < sure or reading.leaves_ground:
        return False
    confirmed = reading.probability >= 1  # by a person, at this place
    if reading.alone < BY_ITSELF and not confirmed:
        return False
    if reading.is_faint:
        return by_right and bool(reading.strokes.glyphs.any())
    return confirmed or not lacks_ink(reading)


def is_torn(rgb: Rgb, reading: Reading, mask: Mask, laid: Map) -> bool:
    """Whether a sure overlay would go in part, or a side of the photo with it; not where a person confirmed it."""
    if reading.probability >= 1:
        return False
    return is_frame(reading, rgb) or leaves_rest(reading, mask, laid)


def lacks_ink(reading: Reading) -> bool:
    """Whether no ink was found that could be erased: of tones that the rest of the photo has too, or of no one tone.

    The first is a torn edge or a fence; the second a mark over texture, of which strokes would be left.
    """
    features = reading.features
    if features["ink_spread"] > MANY_TONES and features["ink_elsewhere"] > COMMON_TONE:
        return True
    if reading.shape is not None and reading.shape.is_drawn:
        return False  # the shape is erased with whatever it bears
    return features["likeness"] < CLEAR and features["ink_common"] < FEW


def least(reading: Reading, unsure: float) -> float:
    """The probability from which a person hears of a place: higher where no text was seen, lower where it is large."""
    if reading.region.source is Source.LAID:
        return max(unsure, SEEN_BY_NONE)
    return min(unsure, LARGE_UNSURE) if reading.features["area"] > LARGE else unsure


def is_widely_laid(reading: Reading, laid: Map, size: tuple[int, ...]) -> bool:
    """Whether the map is all but certain of much of what a text's box holds, of a photo of ``size`` [H, W, 3]."""
    if reading.region.source in MARKS:
        return False
    box = np.zeros(laid.shape, np.uint8)
    cv2.fillConvexPoly(box, np.rint(reading.region.quad / cell_side(size)).astype(np.int32), 1)
    return float(np.mean((laid > ALL_BUT_CERTAIN) & (box > 0))) > WIDELY


def without_pieces(
    rgb: Rgb, overlays: Sequence[Reading], certain: Sequence[Reading], laid: Map
) -> list[Reading]:
    """``overlays`` less those places of the map that are erased with a certain one: a badge's rim, a shadow."""
    if not any(reading.region.source is Source.LAID for reading in overlays) or not certain:
        return list(overlays)
    letters = [reading for reading in certain if reading.region.source is not Source.LAID]
    erased = draw_mask(rgb, letters, laid) > 0

    def is_piece(reading: Reading) -> bool:
        window = reading.strokes.window
        there = pixels(laid, rgb.shape, window) > LAID_FROM
        return bool(there.any()) and float(erased[window][there].mean()) > MOSTLY

    return [
        reading for reading in overlays if reading.region.source is not Source.LAID or not is_piece(reading)
    ]


def joins(reading: Reading, certain: Sequence[Reading]) -> bool:
    """Whether a likely overlay is of one ink with a certain one on the same photo: one caption, two boxes."""
    ink = reading.strokes.ink()
    if reading.probability < LIKELY or reading.leaves_ground or reading.is_faint or ink is None:
        return False
    inks = [other.strokes.ink() for other in certain]
    return any(other is not None and float(np.linalg.norm(ink - other)) < ONE_INK for other in inks)


def draw_mask(rgb: Rgb, readings: Sequence[Reading], laid: Map, marks: Sequence[Sighting] = ()) -> Mask:
    """[H, W] uint8, 255 on the letters of ``readings``, on what belongs to them, on their banner, on ``marks``."""
    mask = np.zeros(rgb.shape[:2], np.uint8)

    def add(window: Window, part: Mask) -> None:
        mask[window] = np.maximum(mask[window], part)

    for reading in readings:
        letters = reading.strokes if reading.region.source in MARKS else whole(reading.strokes)
        add(letters.window, letters.full_mask())
        if reading.shape is not None and reading.shape.is_drawn:
            drawn = reading.shape.full_mask(rgb.shape[1], rgb.shape[0])
            add(np.s_[:, :], with_edging(drawn, rgb, sides(reading.region.quad)[1]))
        elsewhere = reading.features["ink_elsewhere"]
        if beside := companions(rgb, reading.region, reading.strokes, elsewhere, laid):
            add(*beside)
    for mark in marks:
        add(mark.window, mark.cover)
    return without_islands(mask, rgb)


def _pieces(count: int) -> str:
    return "One piece of text" if count == 1 else f"{count} pieces of text"
