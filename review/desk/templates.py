"""Vendor templates: what recurs on a vendor's photos, shown once to a person, who says what it is."""

from functools import partial
from http import HTTPStatus
from typing import Any

import cv2

from line.states import TemplateState
from records import templates
from records.database import transact
from review.desk.base_handler import Door, RefusedError
from scheduler.template_previews import side_by_side

ANSWERS = {"confirm": TemplateState.CONFIRMED, "dismiss": TemplateState.DISMISSED}


class Templates(Door):
    """All templates, those that wait for an answer first; and the answer."""

    async def get(self) -> None:
        found = await self.work(lambda: transact(templates.listed))
        order = {"proposed": 0, "confirmed": 1, "dismissed": 2}
        self.render(
            "templates.html",
            templates=sorted(found, key=lambda one: order[one["state"]]),
            rounds=self.settings["rounds"],
        )

    async def post(self, number: str) -> None:
        state = ANSWERS.get(self.get_body_argument("answer"))
        if state is None:
            raise RefusedError(HTTPStatus.BAD_REQUEST, "the answer is confirm or dismiss")
        act = partial(templates.decide, template_id=int(number), state=state, actor=self.person)
        await self.work(lambda: transact(act))
        self.redirect("/templates", status=HTTPStatus.SEE_OTHER)


class Again(Door):
    """Sending round what still bears a template."""

    async def post(self, number: str) -> None:
        template = await self.work(partial(_template, int(number)))
        if template is None or template["state"] != TemplateState.CONFIRMED:
            raise RefusedError(HTTPStatus.CONFLICT, f"template {number} is not confirmed")
        self.settings["rounds"].start(int(number), self.person)
        self.redirect(f"/templates#template-{number}", status=HTTPStatus.SEE_OTHER)


class Example(Door):
    """A template on three photos, and below each what would be erased, as PNG."""

    async def get(self, number: str) -> None:
        template = await self.work(partial(_template, int(number)))
        if template is None:
            raise RefusedError(HTTPStatus.NOT_FOUND, f"there is no template {number}")
        rgb = await self.work(partial(side_by_side, template["examples"]))
        self.set_header("Content-Type", "image/png")
        self.finish(cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes())


def _template(number: int) -> dict[str, Any] | None:
    return next(iter(transact(partial(templates.listed, ids=[number]))), None)
