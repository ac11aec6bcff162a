"""Vendor templates, and what waits in the line."""

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from line.states import TemplateState
from records import templates
from records.access.tokens import Token
from records.queries import reports
from review.api.dependencies import Decider, Line, LineOf, OnceOf, Reader
from review.api.pages import MAX_ID, Cursor, Limit, Page, next_cursor, position
from review.api.problems import documented, missing
from review.api.schemas import Overrule, Template, TroubleReport

router = APIRouter(tags=["templates"])
TemplateId = Annotated[int, Path(ge=1, le=MAX_ID)]
REFUSALS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)


@router.get("/templates", responses=documented())
def list_templates(
    line: LineOf,
    token: Reader,
    vendor: Annotated[str | None, Query(max_length=100, pattern="^[A-Za-z0-9._-]+$")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[Template]:
    """Templates by id, of one vendor or all."""
    after = position(cursor, 0)
    listed = line.transact(partial(templates.listed, vendor=vendor))
    following = sorted(
        (item for item in listed if item["template"] > after), key=lambda item: item["template"]
    )
    items = [Template.model_validate(item) for item in following[:limit]]
    return Page(items=items, next=next_cursor(items, limit, items[-1].template if items else 0))


@router.post("/templates/{template}/confirm", response_model=Template, responses=REFUSALS)
def confirm_template(
    template: TemplateId, body: Overrule, line: LineOf, token: Decider, once: OnceOf
) -> JSONResponse:
    """Confirm that a template is an overlay: it is erased from the vendor's next photos."""
    return once.run(_decision(line, template, TemplateState.CONFIRMED, token, body))


@router.post("/templates/{template}/dismiss", response_model=Template, responses=REFUSALS)
def dismiss_template(
    template: TemplateId, body: Overrule, line: LineOf, token: Decider, once: OnceOf
) -> JSONResponse:
    """Dismiss a template: text there is treated like any other text."""
    return once.run(_decision(line, template, TemplateState.DISMISSED, token, body))


@router.get("/troubles", responses=documented(), tags=["line"])
def list_troubles(line: LineOf, token: Reader) -> list[TroubleReport]:
    """What waits or is not taken, oldest first."""
    return [
        TroubleReport.model_validate(trouble, from_attributes=True)
        for trouble in line.transact(reports.troubles)
    ]


def _decision(
    line: Line, template: int, state: TemplateState, token: Token, body: Overrule
) -> Callable[[], dict[str, Any]]:
    def work() -> dict[str, Any]:
        _get(line, template)
        decide = partial(templates.decide, template_id=template, state=state, actor=token.actor)
        line.transact(partial(decide, overrule=body.overrule), actor=token.actor)
        return _get(line, template)

    return work


def _get(line: Line, template: int) -> dict[str, Any]:
    listed = line.transact(partial(templates.listed, ids=[template]))
    if not listed:
        raise missing("template", template)
    return Template.model_validate(listed[0]).model_dump()
