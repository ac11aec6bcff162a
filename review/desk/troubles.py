"""What waits in the line, on the desk's overview; a person may dismiss what was seen."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from line.trouble import Trouble, TroubleKind
from records import troubles
from review.desk.base_handler import BaseHandler


def shown(current: Sequence[Trouble]) -> list[Trouble]:
    """The troubles that stand on the overview; uploads that merely arrive do not."""
    return [trouble for trouble in current if trouble.kind is not TroubleKind.ARRIVING]


class DismissHandler(BaseHandler):
    """Hides a trouble until something about it changes."""

    async def post(self, number: str) -> None:
        act = partial(troubles.dismiss, trouble_id=int(number))
        await self.transact(act, actor=self.person)
        self.redirect("/", status=HTTPStatus.SEE_OTHER)
