"""Uploads: sent file by file and part by part, or named where they lie in the ingest bucket."""

import hashlib
import json
from functools import partial
from http import HTTPStatus
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from imaging.archives.suffixes import is_archive
from line.filenames.names import safe_path
from records.access import transfers
from records.access.tokens import Token
from records.access.transfers import Transfer
from records.storage.bucket import Bucket
from review.api.dependencies import Line, LineOf, OnceOf, Sender
from review.api.pages import MAX_ID
from review.api.problems import ProblemError, documented, missing
from review.api.schemas import NamedPrefix, NewUpload, Stored, UploadReport
from scheduler.intake.listing import ARRIVING_MARKER, INGEST, READY_MARKER, Upload

router = APIRouter(tags=["uploads"])
UploadId = Annotated[int, Path(ge=1, le=MAX_ID)]
REFUSALS = documented(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
MAX_PART_BYTES = 64 * 1024 * 1024
"""Maximum size of one request with a file or a part of one."""
MAX_PARTS = 1000
"""Maximum number of parts of one file."""


@router.post(
    "/uploads",
    response_model=UploadReport,
    status_code=HTTPStatus.CREATED,
    responses=documented(HTTPStatus.CONFLICT),
)
def begin_upload(body: NewUpload, line: LineOf, token: Sender, once: OnceOf) -> JSONResponse:
    """Begin an upload; it is not taken before it is completed."""

    def work() -> UploadReport:
        prefix = f"{INGEST}/{body.vendor}/{body.name}"
        if next(line.context.bucket.walk(prefix), None) is not None:
            raise ProblemError(
                HTTPStatus.CONFLICT, f"{prefix} is not empty: choose another name, or name the prefix"
            )
        begin = partial(transfers.begin, token_id=token.id, prefix=prefix, recipe=body.recipe)
        transfer = _get(line, token, line.transact(begin))
        _sign_of_life(line.context.bucket, transfer, 0)
        return _report(transfer)

    return once.run(work, HTTPStatus.CREATED)


@router.post(
    "/uploads/from-prefix",
    response_model=UploadReport,
    status_code=HTTPStatus.CREATED,
    responses=REFUSALS,
)
def take_prefix(body: NamedPrefix, line: LineOf, token: Sender, once: OnceOf) -> JSONResponse:
    """Take what lies at a prefix of the ingest bucket, at once and with this recipe."""

    def work() -> UploadReport:
        bucket, upload = line.context.bucket, _place(body.prefix)
        is_there = bucket.find(upload.prefix) if upload.is_archive else next(bucket.walk(upload.prefix), None)
        if is_there is None:
            raise ProblemError(HTTPStatus.NOT_FOUND, f"nothing lies at {body.prefix}")
        begin = partial(transfers.begin, token_id=token.id, prefix=upload.prefix, recipe=body.recipe)
        transfer = _get(line, token, line.transact(begin))
        return _complete(line, token, transfer)

    return once.run(work, HTTPStatus.CREATED)


@router.get("/uploads/{upload}", responses=documented(HTTPStatus.NOT_FOUND))
def get_upload(upload: UploadId, line: LineOf, token: Sender) -> UploadReport:
    """One upload of this token, and the batch that it became."""
    return _report(_get(line, token, upload))


@router.put(
    "/uploads/{upload}/files/{name:path}",
    responses=REFUSALS,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_file(
    upload: UploadId,
    name: Annotated[str, Path(min_length=1, max_length=900)],
    request: Request,
    line: LineOf,
    token: Sender,
    part: Annotated[int | None, Query(ge=1, le=MAX_PARTS)] = None,
) -> Stored:
    """Store a file, or one part of it; sent again, it is replaced. Parts are joined when the upload is completed."""
    transfer = await run_in_threadpool(partial(_open, line, token, upload))
    key = _key(transfer, name, part)
    with line.context.scratch() as folder:
        path = FilePath(folder) / "part"
        digest, size = await _receive(request, path)
        await run_in_threadpool(partial(line.context.bucket.put_file, key, path))
    await run_in_threadpool(partial(_sign_of_life, line.context.bucket, transfer, size))
    return Stored(name=name, part=part, bytes=size, sha256=digest)


@router.post(
    "/uploads/{upload}/complete",
    response_model=UploadReport,
    status_code=HTTPStatus.ACCEPTED,
    responses=REFUSALS,
)
def complete_upload(upload: UploadId, line: LineOf, token: Sender, once: OnceOf) -> JSONResponse:
    """Say that all files are there: parts are joined, and the scheduler takes the upload within seconds."""

    def work() -> UploadReport:
        return _complete(line, token, _open(line, token, upload))

    return once.run(work, HTTPStatus.ACCEPTED)


def _complete(line: Line, token: Token, transfer: Transfer) -> UploadReport:
    bucket, upload = line.context.bucket, _place(transfer.prefix)
    _join(line, transfer)
    bucket.put(upload.marker, json.dumps({"recipe": transfer.recipe}).encode())
    bucket.delete(upload.arriving_marker)
    line.transact(partial(transfers.complete, transfer_id=transfer.id))
    return _report(_get(line, token, transfer.id))


def _join(line: Line, transfer: Transfer) -> None:
    """Make files of their parts, at flat memory.

    Raises:
        ProblemError: a part is missing.
    """
    bucket, folder = line.context.bucket, _parts(transfer)
    numbers: dict[str, list[int]] = {}
    for item in bucket.walk(folder):
        name, _, part = item.key.removeprefix(f"{folder}/").rpartition("/")
        numbers.setdefault(name, []).append(int(part))
    for name, parts in numbers.items():
        if sorted(parts) != list(range(1, len(parts) + 1)):
            raise ProblemError(HTTPStatus.CONFLICT, f"{name}: parts are missing; there are {sorted(parts)}")
    for name, parts in numbers.items():
        with line.context.scratch() as scratch:
            whole, piece = FilePath(scratch) / "whole", FilePath(scratch) / "piece"
            with whole.open("wb") as file:
                for number in sorted(parts):
                    bucket.download(f"{folder}/{name}/{number}", piece)
                    file.write(piece.read_bytes())
            bucket.put_file(_key(transfer, name, None), whole)
        for number in parts:
            bucket.delete(f"{folder}/{name}/{number}")


async def _receive(request: Request, path: FilePath) -> tuple[str, int]:
    """Write a request's body into a file; answers its SHA-256 and size.

    Raises:
        ProblemError: it is too large.
    """
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        async for chunk in request.stream():
            size += len(chunk)
            if size > MAX_PART_BYTES:
                raise ProblemError(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"one request holds at most {MAX_PART_BYTES} bytes: send the file by parts (?part=1, ?part=2, …)",
                )
            digest.update(chunk)
            file.write(chunk)
    return digest.hexdigest(), size


def _key(transfer: Transfer, name: str, part: int | None) -> str:
    """Where a file or a part lies in the bucket.

    Raises:
        ProblemError: the name cannot be a path inside the upload.
    """
    upload = _place(transfer.prefix)
    expected = upload.name if upload.is_archive else safe_path(name)
    if name != expected or name in (READY_MARKER, ARRIVING_MARKER):
        raise ProblemError(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"path.name: {name!r} cannot be a file here; use {expected!r}"
        )
    if part is not None:
        return f"{_parts(transfer)}/{name}/{part}"
    return upload.prefix if upload.is_archive else f"{upload.prefix}/{name}"


def _parts(transfer: Transfer) -> str:
    return f"transfers/{transfer.id}"


def _place(prefix: str) -> Upload:
    return Upload(prefix.rstrip("/"), is_archive(prefix))


def _sign_of_life(bucket: Bucket, transfer: Transfer, size: int) -> None:
    """Write the marker anew that tells intake to wait."""
    bucket.put(
        _place(transfer.prefix).arriving_marker, json.dumps({"transfer": transfer.id, "bytes": size}).encode()
    )


def _open(line: Line, token: Token, number: int) -> Transfer:
    transfer = _get(line, token, number)
    if transfer.completed_at is not None:
        raise ProblemError(HTTPStatus.CONFLICT, f"upload {number} was completed already: begin another one")
    return transfer


def _get(line: Line, token: Token, number: int) -> Transfer:
    transfer = line.transact(partial(transfers.get, token_id=token.id, transfer_id=number))
    if transfer is None:
        raise missing("upload", number)
    return transfer


def _report(transfer: Transfer) -> UploadReport:
    return UploadReport(
        upload=transfer.id,
        prefix=transfer.prefix,
        recipe=transfer.recipe,
        state=transfer.state,
        batch=transfer.batch_id,
        problem=transfer.problem,
        created_at=transfer.created_at,
        completed_at=transfer.completed_at,
    )
