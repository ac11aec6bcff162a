"""What waits in the line, on the desk's overview; a person may dismiss what was seen."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from line.trouble import Trouble, TroubleKind
from records import troubles
from review.desk.web.work import write


def shown(current: Sequence[Trouble]) -> list[Trouble]:
    """The troubles that stand on the overview; uploads that merely arrive do not."""
    return [trouble for trouble in current if trouble.kind is not TroubleKind.ARRIVING]


async def dismiss(request: Request, form: FormData) -> Response:
    """Hide a trouble until something about it changes."""
    await write(request, partial(troubles.dismiss, trouble_id=request.path_params["trouble"]))
    return RedirectResponse("/", HTTPStatus.SEE_OTHER)
