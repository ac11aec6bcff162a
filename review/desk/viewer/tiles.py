"""Pictures in tiles, and the delivered file itself."""

import mimetypes
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from records.history import image_history
from records.history.image_history import ImageHistory
from records.storage.bucket import MissingObjectError
from review.desk.viewer import sources, tile_archive
from review.desk.viewer.tile_archive import TileArchives
from review.desk.web.errors import RequestError
from review.desk.web.work import in_thread, line_of, read

CACHE_CONTROL = "private, max-age=604800, immutable"
"""The name of a picture changes with its content."""


async def history_of(request: Request) -> ImageHistory:
    """The history of the image in the URL.

    Raises:
        RequestError: there is no such image.
    """
    number = request.path_params["image"]
    history = await read(request, partial(image_history.find, image_id=number))
    if history is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"there is no image {number}")
    return history


async def describe(request: Request) -> Response:
    """Size and scales of a picture, as JSON."""
    path = await _archive(request)
    described = await in_thread(partial(tile_archive.description, path))
    return JSONResponse(described.to_json(), headers={"Cache-Control": CACHE_CONTROL})


async def show_tile(request: Request) -> Response:
    """One tile of a picture."""
    path = await _archive(request)
    level, column, row = (request.path_params[name] for name in ("level", "column", "row"))
    opened = await in_thread(partial(tile_archive.tile, path, level, column, row))
    if opened is None:
        raise RequestError(HTTPStatus.NOT_FOUND, "the picture has no such tile")
    data, media_type = opened
    return Response(data, media_type=media_type, headers={"Cache-Control": CACHE_CONTROL})


async def delivered_file(request: Request) -> Response:
    """The delivered file as it lies in its bucket, as a download."""
    history = await history_of(request)
    if history.file is None:
        raise RequestError(
            HTTPStatus.NOT_FOUND, f"image {history.id} is {history.state}: no file is delivered"
        )
    bucket = line_of(request).buckets.at(history.out)
    try:
        data = await in_thread(partial(bucket.get, history.file))
    except MissingObjectError as error:
        raise RequestError(HTTPStatus.NOT_FOUND, str(error)) from None
    suffix = Path(history.file).suffix
    headers = {
        "Content-Disposition": f'attachment; filename="{history.id}{suffix}"',
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    media_type = mimetypes.guess_type(history.file)[0] or "application/octet-stream"
    return Response(data, media_type=media_type, headers=headers)


async def _archive(request: Request) -> Path:
    name = request.path_params["name"]
    history = await history_of(request)
    source = sources.find(history, name)
    if source is None:
        raise RequestError(HTTPStatus.NOT_FOUND, f"image {history.id} has no picture {name}")
    archives: TileArchives = request.app.state.tiles
    try:
        return await archives.archive(history.id, source)
    except MissingObjectError:
        raise RequestError(
            HTTPStatus.NOT_FOUND, "this picture is no longer stored: it was removed to free space"
        ) from None
