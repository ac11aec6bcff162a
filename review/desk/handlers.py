"""The pile of flagged images, one image, its pictures, and a person's answer."""

import re
from functools import partial
from http import HTTPStatus

from records.database import transact
from records.queries import reports, review_queue
from records.queries.review_queue import Flagged
from records.templates import listed
from review.desk import previews
from review.desk.base_handler import Door, RefusedError
from review.desk.choices import choices, may_draw

AT_ONCE = 20
"""Images of a pile that are shown together."""
LATER = re.compile(r"\d{1,18}", re.ASCII)
"""An image's number, as in the addresses: more digits the records do not have."""
FRESH = "private, max-age=86400"
"""A picture's address holds the version of its image, so it never changes."""

CARD = {"panels": previews.panels, "choices": choices, "may_draw": may_draw}
"""What the card of an image asks of it."""


class Overview(Door):
    """What waits, batch by batch."""

    async def get(self) -> None:
        piles = await self.work(lambda: transact(review_queue.piles))
        templates = await self.work(lambda: transact(listed))
        proposed = sum(template["state"] == "proposed" for template in templates)
        self.render("overview.html", piles=piles, proposed=proposed)


class Batch(Door):
    """The flagged images of a batch, some at once."""

    async def get(self, number: str) -> None:
        reason = self.get_query_argument("reason", None)
        after = self.get_query_argument("after", "0")
        if not LATER.fullmatch(after):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "after is no number")
        report = await self.work(lambda: transact(partial(reports.batch, batch_id=int(number))))
        piles = await self.work(lambda: transact(partial(review_queue.piles, batch_id=int(number))))
        found = await self.work(
            lambda: transact(
                partial(
                    review_queue.page,
                    batch_id=int(number),
                    reason=reason,
                    after=int(after),
                    limit=AT_ONCE + 1,
                )
            )
        )
        reasons = piles[0].reasons if piles else {}
        self.render(
            "batch.html",
            report=report,
            reasons=reasons,
            reason=reason,
            images=found[:AT_ONCE],
            more=found[AT_ONCE - 1].id if len(found) > AT_ONCE else None,
            **CARD,
        )


class Image(Door):
    """One flagged image; where it is not flagged (any more), what it is."""

    async def get(self, number: str) -> None:
        image = await self.work(lambda: _flagged(int(number)))
        known = await self.work(lambda: transact(partial(reports.image, image_id=int(number))))
        if not known:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"there is no image {number}")
        self.render("image.html", image=image, known=known, **CARD)


class Picture(Door):
    """One picture of a flagged image, as JPEG; ``?full=1``: in its own size."""

    async def get(self, number: str, name: str) -> None:
        full = self.get_query_argument("full", "") == "1"
        data = await self.work(partial(_drawn, int(number), name, full))
        if data is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"image {number} has no such picture now")
        self.set_header("Content-Type", "image/jpeg")
        if self.get_query_argument("v", ""):
            self.set_header("Cache-Control", FRESH)
        self.finish(data)


class Decision(Door):
    """A person's answer; the same guarded move as the command's, so of two people one wins."""

    async def post(self, number: str) -> None:
        name = self.get_body_argument("choice")
        image = await self.work(lambda: _flagged(int(number)))
        if image is None:
            raise RefusedError(HTTPStatus.CONFLICT, f"image {number} is not flagged any more")
        chosen = next((choice for choice in choices(image) if choice.name == name), None)
        if chosen is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST, f"image {number} has no choice {name!r}")
        if image.version != self.get_body_argument("version"):
            raise RefusedError(HTTPStatus.CONFLICT, f"image {number} went round meanwhile: look at it again")
        await self.work(partial(chosen.act, image.id, self.person))
        if self.wants_json:
            self.finish({"image": image.id, "done": chosen.done})
        else:
            self.redirect(f"/batches/{image.batch}", status=HTTPStatus.SEE_OTHER)


class Unknown(Door):
    """Any other address."""

    def prepare(self) -> None:
        super().prepare()
        raise RefusedError(HTTPStatus.NOT_FOUND, "there is no such page")


def _flagged(number: int) -> Flagged | None:
    return transact(partial(review_queue.one, image_id=number))


def _drawn(number: int, name: str, full: bool) -> bytes | None:
    image = _flagged(number)
    return previews.jpeg(image, name, full=full) if image else None
