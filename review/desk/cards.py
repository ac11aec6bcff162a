"""The card of one image: its faults and choices, or that the line works on it, or what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from line.states import ImageState
from records import images
from records.images import ImageRecord
from records.queries import review_queue
from records.queries.review_queue import FlaggedImage
from review.desk import previews, regions
from review.desk.choices import choices, may_draw
from review.desk.viewer.measurements import broken_limits
from review.desk.web.pages import render
from review.desk.web.work import drawing_of, line_of, read
from review.desk.wording import problems

IN_WORK = (ImageState.WAITING, ImageState.WORKING)


@dataclass(frozen=True, slots=True)
class Card:
    """An image, and its record in the review queue if it is flagged."""

    record: ImageRecord
    flagged: FlaggedImage | None

    @property
    def is_in_work(self) -> bool:
        """Whether the line works on it, so that the card changes by itself."""
        return self.flagged is None and self.record.state in IN_WORK


def needs_models(image: FlaggedImage | None) -> bool:
    """Whether other models may be offered for the image's fill."""
    return image is not None and image.is_edited and not image.is_ordered_result


async def card(request: Request) -> Response:
    """The card alone, for the script that replaces it in a page."""
    number = request.path_params["image"]
    flagged = await read(request, partial(review_queue.one, image_id=number))
    record = await read(request, partial(images.get, image_id=number))
    return render(request, "card.html", card=Card(record, flagged), **await functions(request, [flagged]))


async def functions(request: Request, shown: Sequence[FlaggedImage | None]) -> dict[str, Any]:
    """Functions that card.html uses for the images ``shown``."""
    transforms = line_of(request).declarations
    models = await drawing_of(request).fill_models() if any(map(needs_models, shown)) else []
    return {
        "previews": previews.previews,
        "has_regions": previews.has_regions,
        "shapes": regions.shapes,
        "choices": partial(choices, transforms=transforms, models=models),
        "may_draw": partial(may_draw, transforms=transforms),
        "problems": problems,
        "broken_limits": broken_limits,
    }
