"""Vendor templates: overlays that recur on a vendor's photos, shown to a person who confirms or dismisses them."""

from functools import partial
from http import HTTPStatus
from typing import Any

import sqlalchemy as sa

from line.states import TemplateState
from records import templates
from records.queries import rescans
from review.desk.base_handler import BaseHandler, RequestError
from tasks.registry import RESCAN_TEMPLATE, task_name
from worker.broker import Broker
from worker.queues import Queue

ANSWERS = {"confirm": TemplateState.CONFIRMED, "dismiss": TemplateState.DISMISSED}
DISPLAY_ORDER = [TemplateState.PROPOSED, TemplateState.CONFIRMED, TemplateState.DISMISSED]


class TemplatesHandler(BaseHandler):
    """All templates, undecided ones first; and a person's decision on one."""

    async def get(self) -> None:
        listed = await self.transact(templates.listed)
        self.render(
            "templates.html",
            templates=sorted(listed, key=lambda template: DISPLAY_ORDER.index(template["state"])),
            rescans=await self.transact(rescans.newest),
        )

    async def post(self, number: str) -> None:
        state = ANSWERS.get(self.get_body_argument("answer"))
        if state is None:
            raise RequestError(HTTPStatus.BAD_REQUEST, "the answer must be confirm or dismiss")
        act = partial(templates.decide, template_id=int(number), state=state, actor=self.person)
        await self.transact(act)
        self.redirect("/templates", status=HTTPStatus.SEE_OTHER)


class RescanHandler(BaseHandler):
    """Starts the search for photos that still have a confirmed template."""

    async def post(self, number: str) -> None:
        template = await self.transact(partial(_template, template_id=int(number)))
        if template is None or template["state"] != TemplateState.CONFIRMED:
            raise RequestError(HTTPStatus.CONFLICT, f"template {number} is not confirmed")
        request = partial(rescans.request, template_id=int(number), person=self.person)
        if await self.transact(request):
            await self.in_thread(partial(_send, self.line.broker, int(number)))
        self.redirect(f"/templates#template-{number}", status=HTTPStatus.SEE_OTHER)


class TemplatePictureHandler(BaseHandler):
    """A template on up to three photos, with what would be erased below each, as PNG."""

    async def get(self, number: str) -> None:
        template = await self.transact(partial(_template, template_id=int(number)))
        if template is None:
            raise RequestError(HTTPStatus.NOT_FOUND, f"there is no template {number}")
        data = await self.answer(self.drawing.template(template["examples"]))
        self.set_header("Content-Type", "image/png")
        self.finish(data)


def _template(connection: sa.Connection, template_id: int) -> dict[str, Any] | None:
    return next(iter(templates.listed(connection, ids=[template_id])), None)


def _send(broker: Broker, template_id: int) -> None:
    """Send the task to the workers that find text.

    Raises:
        ServiceError: the broker cannot be reached.
    """
    message = broker.app.signature(
        task_name(RESCAN_TEMPLATE),
        args=(template_id,),
        immutable=True,
        queue=Queue.FIND_TEXT.value,
        argsrepr=f"template {template_id}",
    )
    broker.send([message])
