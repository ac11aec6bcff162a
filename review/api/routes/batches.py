"""Batches: lists, reports, readings; halt, resume and requeue."""

from functools import partial
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import APIRouter, Path, Query
from fastapi.responses import JSONResponse

from line.errors import InputError
from line.states import ImageState
from records import batches as batch_records
from records import decisions as decision_records
from records.budget import ledger
from records.queries import image_details, listings, reports
from review.api.dependencies import Decider, Line, LineOf, OnceOf, Operator, Reader
from review.api.pages import MAX_ID, Cursor, Limit, Page, next_cursor, position
from review.api.problems import ProblemError, documented
from review.api.schemas import (
    BatchDetails,
    BatchSummary,
    Halt,
    ImageSummary,
    Probe,
    Requeued,
    RequeueFlagged,
    Resume,
    Skipped,
    StepReadings,
)
from scheduler import probe

router = APIRouter(tags=["batches"])
BatchId = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/batches", responses=documented())
def list_batches(line: LineOf, token: Reader, limit: Limit = 50, cursor: Cursor = None) -> Page[BatchSummary]:
    """Batches, newest first."""
    before = position(cursor, MAX_ID)
    reports_page = line.transact(partial(reports.page, before=before, limit=limit))
    items = [BatchSummary.model_validate(report) for report in reports_page]
    return Page(items=items, next=next_cursor(items, limit, items[-1].batch if items else 0))


@router.get("/batches/{batch}", responses=documented(HTTPStatus.NOT_FOUND))
def get_batch(batch: BatchId, line: LineOf, token: Reader) -> BatchDetails:
    """One batch, with its budgets."""
    return BatchDetails.model_validate(_report(line, batch))


@router.get("/batches/{batch}/images", responses=documented(HTTPStatus.NOT_FOUND))
def list_images(
    batch: BatchId,
    line: LineOf,
    token: Reader,
    state: Annotated[ImageState | None, Query()] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[ImageSummary]:
    """Images of a batch by id, of one state or all, each with the readings of its last step."""
    lines = _image_lines(line, batch, state, position(cursor, 0), limit)
    items = [ImageSummary.model_validate({"image": image.pop("id"), **image}) for image in lines]
    return Page(items=items, next=next_cursor(items, limit, items[-1].image if items else 0))


@router.get("/batches/{batch}/readings", responses=documented(HTTPStatus.NOT_FOUND))
def list_readings(
    batch: BatchId, line: LineOf, token: Reader, limit: Limit = 50, cursor: Cursor = None
) -> Page[StepReadings]:
    """Readings of every step of every image; a page holds the steps of ``limit`` images."""
    lines = _image_lines(line, batch, None, position(cursor, 0), limit)
    ids = [image["id"] for image in lines]
    runs = line.transact(partial(image_details.step_runs, image_ids=ids))
    items = [StepReadings.model_validate(run) for run in runs]
    return Page(items=items, next=next_cursor(ids, limit, ids[-1] if ids else 0))


@router.post(
    "/batches/{batch}/halt",
    response_model=BatchDetails,
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def halt_batch(batch: BatchId, body: Halt, line: LineOf, token: Operator, once: OnceOf) -> JSONResponse:
    """Halt a batch: workers finish their current step, and waiting images are held."""

    def work() -> dict[str, Any]:
        _report(line, batch)
        if not line.transact(lambda c: batch_records.halt(c, batch, body.reason), actor=token.actor):
            raise ProblemError(HTTPStatus.CONFLICT, f"batch {batch} is not running, so it cannot be halted")
        return _report(line, batch)

    return once.run(work)


@router.post(
    "/batches/{batch}/resume",
    response_model=Probe,
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def resume_batch(batch: BatchId, body: Resume, line: LineOf, token: Operator, once: OnceOf) -> JSONResponse:
    """Resume a halted batch: some test images go first, and the rest follows only if those are good."""

    def work() -> dict[str, int]:
        _report(line, batch)
        if body.budget is not None:
            raised = partial(ledger.set_by_hand, batch_id=batch, ceiling=body.budget, person=token.actor)
            line.transact(raised, actor=token.actor)
        images = line.transact(partial(probe.resume, batch_id=batch), actor=token.actor)
        return {"batch": batch, "probe": images}

    return once.run(work)


@router.post(
    "/batches/{batch}/requeue",
    response_model=Requeued,
    responses=documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
)
def requeue_flagged(
    batch: BatchId, body: RequeueFlagged, line: LineOf, token: Decider, once: OnceOf
) -> JSONResponse:
    """Process flagged images of a batch again, of one reason or all."""

    def work() -> Requeued:
        _report(line, batch)
        flagged = line.transact(partial(decision_records.flagged, batch_id=batch, reason=body.reason or ""))
        answer = Requeued(requeued=[], skipped=[])
        for image in flagged[: body.limit]:
            try:
                line.requeue(image, token, body.recipe, body.mask, body.look)
                answer.requeued.append(image)
            except InputError as error:  # one image that changed meanwhile keeps no other from going on
                answer.skipped.append(Skipped(image=image, detail=str(error)))
        return answer

    return once.run(work)


def _report(line: Line, batch: int) -> dict[str, Any]:
    try:
        return line.transact(partial(reports.batch, batch_id=batch))
    except InputError as error:
        raise ProblemError(HTTPStatus.NOT_FOUND, str(error)) from None


def _image_lines(
    line: Line, batch: int, state: ImageState | None, after: int, limit: int
) -> list[dict[str, Any]]:
    def read(connection: sa.Connection) -> list[dict[str, Any]]:
        chosen = state.value if state else None
        lines = listings.image_lines(connection, batch, chosen, after=after)
        return [dict(image) for image in islice(lines, limit)]

    images = line.transact(read)
    if not images:
        _report(line, batch)  # an empty page of a batch that there is
    return images
