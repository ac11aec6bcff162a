"""Tiles of a picture in all scales, kept as one archive, so that a browser loads only what it shows."""

import json
import tempfile
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final, cast

import cv2
import numpy as np
import simplejpeg

from imaging import intermediate
from imaging.encode import decode
from line.picture import Mask, Rgb
from records.storage.bucket import Bucket
from review.desk.viewer.sources import Source, SourceKind
from review.desk.viewer.tile_archive import DESCRIPTION, TileDescription, tile_entry
from review.desk.viewer.tile_cache import prune
from tasks.context import Context

TILE_SIDE: Final = 512
"""Side of a tile (pixels)."""
JPEG_QUALITY: Final = 92
"""Quality of a tile; the colour is not subsampled, because people judge faults by it."""


def cut_tiles(context: Context, source: Source, path: Path) -> None:
    """Write the archive of a picture's tiles to ``path``, and remove old archives of the cache.

    Raises:
        MissingObjectError: the picture is no longer in its bucket.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = _pixels(context, source)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix="cutting-", delete=False) as file:
        try:
            _write(file.name, pixels)
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
    prune(path.parents[1])


def scales(pixels: Rgb | Mask) -> Iterator[Rgb | Mask]:
    """The picture at full size, at half of it (rounded up) and so on, until it fits into one tile."""
    yield pixels
    while max(pixels.shape[:2]) > TILE_SIDE:
        height, width = ((side + 1) // 2 for side in pixels.shape[:2])
        pixels = cast(Rgb, cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
        yield pixels


def _pixels(context: Context, source: Source) -> Rgb | Mask:
    """[H, W, 3] uint8 RGB, or [H, W] uint8 for a mask."""
    store: Bucket = context.buckets.at(source.bucket) if source.bucket else context.bucket
    data = store.get(source.key)
    if source.kind is SourceKind.MASK:
        return intermediate.decode_mask(data)
    return decode(data) if source.kind is SourceKind.FILE else intermediate.decode_rgb(data)


def _write(path: str, pixels: Rgb | Mask) -> None:
    height, width = pixels.shape[:2]
    levels = list(scales(pixels))[::-1]
    description = TileDescription(width, height, TILE_SIDE, len(levels))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(DESCRIPTION, json.dumps(description.to_json()))
        for level, scaled in enumerate(levels):
            for row in range(-(-scaled.shape[0] // TILE_SIDE)):
                for column in range(-(-scaled.shape[1] // TILE_SIDE)):
                    top, left = row * TILE_SIDE, column * TILE_SIDE
                    tile = scaled[top : top + TILE_SIDE, left : left + TILE_SIDE]
                    archive.writestr(tile_entry(level, column, row), _encoded(np.ascontiguousarray(tile)))


def _encoded(tile: Rgb | Mask) -> bytes:
    """A JPEG file, or for a mask an RGBA PNG file: white where it would erase, transparent elsewhere."""
    if tile.ndim == 3:
        return bytes(simplejpeg.encode_jpeg(tile, JPEG_QUALITY, colorspace="RGB", colorsubsampling="444"))
    return _masked_png(tile) if tile.any() else _empty_png(tile.shape)


@cache
def _empty_png(shape: tuple[int, int]) -> bytes:
    """A tile without any mask, as most are."""
    return _masked_png(np.zeros(shape, np.uint8))


def _masked_png(tile: Mask) -> bytes:
    white = np.full((*tile.shape, 4), 255, np.uint8)
    white[..., 3] = tile
    return cv2.imencode(".png", white, [cv2.IMWRITE_PNG_COMPRESSION, 1])[1].tobytes()
