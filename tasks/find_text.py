"""Finds text on a photo and tells what was laid over it from what is printed on the product."""

from collections.abc import Sequence
from typing import Literal, cast

import numpy as np

from line.picture import Edited, Flagged, Mask, Outcome, Picture, Rgb
from models.contract import Model, Task, TextFinder
from tasks.overlay.companions import companions
from tasks.overlay.reading import Reading, find, read
from tasks.overlay.strokes import Window
from tasks.transform import transform
from worker.queues import Queue

LIKELY = 0.75
"""Probability from which the company of a certain overlay of the same ink settles a doubt."""
ONE_INK = 40.0
"""Levels (Euclidean over RGB) within which two texts are of one ink."""


@transform(
    queue=Queue.FIND_TEXT,
    task=Task.FIND_TEXT,
    default_model="rapidocr",
    edits=False,
    informs=True,
)
def find_text(
    pictures: list[Picture],
    model: Model,
    *,
    limit: int = 640,
    erase: Literal["sure", "never", "person"] = "sure",
    sure: float = 0.9,
    unsure: float = 0.5,
) -> list[Outcome]:
    """Mask the overlays of each picture.

    Args:
        limit: long side in pixels at which text is looked for; 960 finds smaller text for twice the time.
        erase: "sure" masks sure overlays and sends unsure and faint ones to a person; "person" sends every
            overlay, sure or not, to a person; "never" only records what is there.
        sure: probability of being an overlay from which text is masked.
        unsure: probability below which text is the product's own and stays.

    Raises:
        ValueError: ``erase`` is none of the three words.
    """
    if erase not in ("sure", "person", "never"):
        raise ValueError(f'find_text: erase is "sure", "person" or "never", not {erase!r}')
    finder = cast(TextFinder, model)
    return [_find(picture, finder, limit, erase, sure, unsure) for picture in pictures]


def _find(
    picture: Picture, finder: TextFinder, limit: int, erase: str, sure: float, unsure: float
) -> Outcome:
    if picture.facts.get("person_mask"):
        return Edited(picture)
    readings = read(picture.rgb, find(picture.rgb, finder, limit))
    overlays = [reading for reading in readings if reading.probability >= unsure]
    certain = [reading for reading in overlays if is_sure(reading, sure)]
    doubtful = [reading for reading in overlays if not is_sure(reading, sure) and not joins(reading, certain)]
    mask = draw_mask(picture.rgb, overlays) if overlays else None
    coverage = 0.0 if mask is None else float(np.mean(mask > 0))
    facts = {
        **picture.facts,
        "regions": [reading.as_fact() for reading in readings],
        "coverage": round(coverage, 5),
    }
    figures = {
        "texts": float(len(readings)),
        "overlays": float(len(overlays)),
        "doubtful": float(len(doubtful)),
        "coverage": coverage,
    }
    found = picture.with_(mask=None if erase == "never" else mask, facts=facts)
    if overlays and erase == "person":
        sentence = (
            f"{_pieces(len(overlays))} over the photo: this recipe removes text only when a person says so."
        )
        return Flagged("text_needs_person", sentence, picture=found, readings=figures)
    if doubtful and erase == "sure":
        worst = max(doubtful, key=lambda reading: min(reading.probability, 1 - reading.probability))
        if worst.probability >= sure and worst.is_faint:
            sentence = "Faint text, like a watermark, lies over the photo: say whether it may be removed."
            return Flagged("faint_text", sentence, picture=found, readings=figures)
        if worst.probability >= sure:
            sentence = (
                "Text lies over the photo on a banner or badge whose outline is not clear: draw the mask."
            )
            return Flagged("banner_unclear", sentence, picture=found, readings=figures)
        sentence = (
            f"{_pieces(len(doubtful))} may be laid over the photo or printed on the product "
            f"(overlay with a probability of {worst.probability:.0%}): say which."
        )
        return Flagged("overlay_or_print", sentence, picture=found, readings=figures)
    return Edited(found, readings=figures)


def is_sure(reading: Reading, sure: float) -> bool:
    """Whether a text may be erased without asking."""
    return reading.probability >= sure and not reading.leaves_ground and not reading.is_faint


def joins(reading: Reading, certain: Sequence[Reading]) -> bool:
    """Whether a likely overlay is of one ink with a certain one on the same photo: one caption, two boxes."""
    ink = reading.strokes.ink()
    if reading.probability < LIKELY or reading.leaves_ground or reading.is_faint or ink is None:
        return False
    inks = [other.strokes.ink() for other in certain]
    return any(other is not None and float(np.linalg.norm(ink - other)) < ONE_INK for other in inks)


def draw_mask(rgb: Rgb, readings: Sequence[Reading]) -> Mask:
    """[H, W] uint8, 255 on the letters of ``readings``, on what belongs to them, on their banner or badge."""
    mask = np.zeros(rgb.shape[:2], np.uint8)

    def add(window: Window, part: Mask) -> None:
        mask[window] = np.maximum(mask[window], part)

    for reading in readings:
        add(reading.strokes.window, reading.strokes.full_mask())
        if reading.shape is not None and reading.shape.is_drawn:
            add(np.s_[:, :], reading.shape.full_mask(rgb.shape[1], rgb.shape[0]))
        elsewhere = reading.features["ink_elsewhere"]
        if beside := companions(rgb, reading.region, reading.strokes, elsewhere):
            add(*beside)
    return mask


def _pieces(count: int) -> str:
    return "One piece of text" if count == 1 else f"{count} pieces of text"
