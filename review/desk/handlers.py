"""The overview, a batch's flagged images, one image with its pictures, and a person's decision."""

import re
from functools import partial
from http import HTTPStatus
from typing import Any

from records import images
from records.queries import reports, review_queue
from records.templates import listed
from review.desk import previews
from review.desk.base_handler import BaseHandler, RequestError
from review.desk.choices import choices, may_draw
from review.desk.troubles import shown
from review.desk.wording import in_words, problems
from scheduler.decide import Decisions
from tasks.context import Context

PAGE_SIZE = 20
"""Images shown on one page."""
IMAGE_ID = re.compile(r"\d{1,18}", re.ASCII)
"""As in the URLs; more digits would overflow the database's integer."""
PICTURE_CACHE_CONTROL = "private, max-age=86400"
"""A picture's URL contains its image's version, so its content never changes."""


class OverviewHandler(BaseHandler):
    """All batches with flagged images."""

    async def get(self) -> None:
        queues = await self.transact(review_queue.batch_queues)
        templates = await self.transact(listed)
        proposed = sum(template["state"] == "proposed" for template in templates)
        waiting = shown(await self.transact(partial(reports.troubles, batch_id=None)))
        self.render("overview.html", queues=queues, proposed=proposed, in_words=in_words, waiting=waiting)


class BatchHandler(BaseHandler):
    """The flagged images of a batch, one page at a time; ``?reason=`` filters."""

    async def get(self, number: str) -> None:
        reason = self.get_query_argument("reason", None)
        after = self.get_query_argument("after", "0")
        if not IMAGE_ID.fullmatch(after):
            raise RequestError(HTTPStatus.BAD_REQUEST, "after must be an image number")
        batch_id = int(number)
        report = await self.transact(partial(reports.batch, batch_id=batch_id))
        queues = await self.transact(partial(review_queue.batch_queues, batch_id=batch_id))
        query = partial(
            review_queue.page, batch_id=batch_id, reason=reason, after=int(after), limit=PAGE_SIZE + 1
        )
        images = await self.transact(query)
        self.render(
            "batch.html",
            report=report,
            reasons=queues[0].reasons if queues else {},
            reason=reason,
            images=images[:PAGE_SIZE],
            more=images[PAGE_SIZE - 1].id if len(images) > PAGE_SIZE else None,
            in_words=in_words,
            **card_context(self.line),
        )


class ImageHandler(BaseHandler):
    """One image: its card if it is flagged, otherwise its state."""

    async def get(self, number: str) -> None:
        image = await self.transact(partial(review_queue.one, image_id=int(number)))
        record = await self.transact(partial(images.find, image_id=int(number)))
        if record is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"there is no image {number}")
        self.render("image.html", image=image, record=record, **card_context(self.line))


class PictureHandler(BaseHandler):
    """One picture of a flagged image as JPEG; ``?full=1`` at full size."""

    async def get(self, number: str, name: str) -> None:
        full = self.get_query_argument("full", "") == "1"
        image = await self.transact(partial(review_queue.one, image_id=int(number)))
        if image is None or not previews.has_preview(image, name):
            raise RequestError(HTTPStatus.NOT_FOUND, f"image {number} has no picture {name}")
        data = await self.answer(self.drawing.preview(image, name, full=full))
        self.set_header("Content-Type", "image/jpeg")
        if self.get_query_argument("v", ""):
            self.set_header("Cache-Control", PICTURE_CACHE_CONTROL)
        self.finish(data)


class DecisionHandler(BaseHandler):
    """A person's decision. The database guards it as it does the command's: the first of two people wins."""

    async def post(self, number: str) -> None:
        name = self.get_body_argument("choice")
        image = await self.transact(partial(review_queue.one, image_id=int(number)))
        if image is None:
            raise RequestError(HTTPStatus.CONFLICT, f"image {number} is not flagged any more")
        chosen = next(
            (choice for choice in choices(image, self.line.declarations) if choice.name == name), None
        )
        if chosen is None:
            raise RequestError(HTTPStatus.BAD_REQUEST, f"image {number} has no choice {name!r}")
        if image.version != self.get_body_argument("version"):
            raise RequestError(
                HTTPStatus.CONFLICT,
                f"image {number} was processed again in the meantime: reload the page and look at it again",
            )
        await self.in_thread(partial(chosen.act, Decisions(self.line), image.id, self.person))
        if self.wants_json:
            self.finish({"image": image.id, "done": chosen.done})
        else:
            self.redirect(f"/batches/{image.batch}", status=HTTPStatus.SEE_OTHER)


class NotFoundHandler(BaseHandler):
    """Any other URL."""

    def prepare(self) -> None:
        super().prepare()
        raise RequestError(HTTPStatus.NOT_FOUND, "there is no such page")


def card_context(line: Context) -> dict[str, Any]:
    """Functions that card.html uses."""
    return {
        "previews": previews.previews,
        "choices": partial(choices, transforms=line.declarations),
        "may_draw": partial(may_draw, transforms=line.declarations),
        "problems": problems,
    }
