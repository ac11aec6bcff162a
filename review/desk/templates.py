"""Vendor templates: overlays that recur on a vendor's photos, shown to a person who confirms or dismisses them."""

from functools import partial
from http import HTTPStatus
from typing import Any

import cv2

from line.states import TemplateState
from records import templates
from records.database import transact
from review.desk.base_handler import BaseHandler, RequestError
from tasks.templates.previews import side_by_side

ANSWERS = {"confirm": TemplateState.CONFIRMED, "dismiss": TemplateState.DISMISSED}
DISPLAY_ORDER = [TemplateState.PROPOSED, TemplateState.CONFIRMED, TemplateState.DISMISSED]


class TemplatesHandler(BaseHandler):
    """All templates, undecided ones first; and a person's decision on one."""

    async def get(self) -> None:
        listed = await self.in_thread(lambda: transact(templates.listed))
        self.render(
            "templates.html",
            templates=sorted(listed, key=lambda template: DISPLAY_ORDER.index(template["state"])),
            jobs=self.settings["jobs"],
        )

    async def post(self, number: str) -> None:
        state = ANSWERS.get(self.get_body_argument("answer"))
        if state is None:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the answer must be confirm or dismiss")
        act = partial(templates.decide, template_id=int(number), state=state, actor=self.person)
        await self.in_thread(lambda: transact(act))
        self.redirect("/templates", status=HTTPStatus.SEE_OTHER)


class RescanHandler(BaseHandler):
    """Starts the search for photos that still have a confirmed template."""

    async def post(self, number: str) -> None:
        template = await self.in_thread(partial(_template, int(number)))
        if template is None or template["state"] != TemplateState.CONFIRMED:
            raise RequestError(HTTPStatus.CONFLICT, f"template {number} is not confirmed")
        self.settings["jobs"].start(int(number), self.person)
        self.redirect(f"/templates#template-{number}", status=HTTPStatus.SEE_OTHER)


class TemplatePictureHandler(BaseHandler):
    """A template on up to three photos, with what would be erased below each, as PNG."""

    async def get(self, number: str) -> None:
        template = await self.in_thread(partial(_template, int(number)))
        if template is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"there is no template {number}")
        rgb = await self.in_thread(partial(side_by_side, template["examples"]))
        self.set_header("Content-Type", "image/png")
        self.finish(cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1].tobytes())


def _template(template_id: int) -> dict[str, Any] | None:
    return next(iter(transact(partial(templates.listed, ids=[template_id]))), None)
