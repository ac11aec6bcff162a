"""Finds what was laid over a photo, and distinguishes it from print on the product."""

from typing import Literal, cast

from line.picture import Outcome, Picture
from line.vendor import UNKNOWN_VENDOR, VendorContext
from models.contract import Model, OverlaySegmenter, Task
from overlay.pipeline import find_overlays
from overlay.policy import Thresholds
from tasks.transform import transform
from worker.queues import Queue


@transform(
    queue=Queue.FIND_TEXT,
    task=Task.FIND_TEXT,
    default_model="overlay_network",
    edits=False,
    informs=True,
)
def find_text(
    pictures: list[Picture],
    model: Model,
    vendor: VendorContext = UNKNOWN_VENDOR,
    *,
    limit: int = 640,
    erase: Literal["sure", "never", "person"] = "sure",
    sure: float = 0.9,
    unsure: float = 0.6,
) -> list[Outcome]:
    """Mask the overlays of each picture: text, logos, stickers, frames, watermarks.

    The vendor's ``watermark_rights`` let faint and see-through overlays be erased like others. What its confirmed
    ``templates`` lay over the photos is found by its outline and masked whole.

    Args:
        limit: long side in pixels at which the photo is looked at; 960 finds smaller overlays for twice the time.
        erase: "sure" masks sure overlays and sends unsure and faint ones to a person; "person" sends every
            overlay, sure or not, to a person; "never" only records what is there.
        sure: probability of being an overlay from which a region is masked.
        unsure: probability below which a region is the product's own and stays; at most 0.2 over a tenth of the photo.

    Raises:
        ValueError: ``erase`` is none of the three words.
    """
    if erase not in ("sure", "person", "never"):
        raise ValueError(f'find_text: erase is "sure", "person" or "never", not {erase!r}')
    segmenter, thresholds = cast(OverlaySegmenter, model), Thresholds(sure, unsure)
    return [
        find_overlays(picture, segmenter, vendor, limit=limit, erase=erase, thresholds=thresholds)
        for picture in pictures
    ]
