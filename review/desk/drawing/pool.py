"""Processes that draw for the desk: the web server itself loads no pixels, and a huge photo cannot end it."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from importlib import import_module
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any, Self, cast

from line.errors import ServiceError
from line.recipe import Recipe
from line.settings import Settings
from records.images import ImageRecord
from records.queries.review_queue import FlaggedImage
from records.rollouts.rollout import NewRollout
from review.desk.viewer.measurements import GateLimits
from review.desk.viewer.sources import Source
from review.desk.viewer.stroke import Stroke
from tasks.context import Context

PROCESSES = 2
"""Drawing a large photo takes some hundred megabytes."""
DRAWINGS = "review.desk.drawing.drawings"


class DrawingPool:
    """Draws in processes of its own; they start with the first picture and end with this process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._fill_models: list[str] | None = None
        self._gate_limits: GateLimits | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def preview(self, image: FlaggedImage, name: str, *, full: bool) -> bytes:
        """A JPEG file; see :func:`review.desk.drawing.drawings.preview_jpeg`."""
        return cast(bytes, await self._drawn("preview_jpeg", image, name, full))

    async def thumbnail(self, image: FlaggedImage, name: str) -> bytes:
        """A JPEG file; see :func:`review.desk.drawing.drawings.thumbnail_jpeg`."""
        return cast(bytes, await self._drawn("thumbnail_jpeg", image, name))

    async def stored(self, places: Sequence[tuple[str, str]], side: int) -> bytes | None:
        """A JPEG file; see :func:`review.desk.drawing.stored.stored_jpeg`."""
        return cast(bytes | None, await self._drawn("stored_jpeg", places, side))

    async def template(self, examples: list[Mapping[str, Any]]) -> bytes:
        """A PNG file; see :func:`review.desk.drawing.drawings.template_png`."""
        return cast(bytes, await self._drawn("template_png", examples))

    async def fill_models(self) -> list[str]:
        """Names of models; see :func:`review.desk.drawing.drawings.fill_models`."""
        if self._fill_models is None:
            self._fill_models = cast(list[str], await self._drawn("fill_models"))
        return self._fill_models

    async def gate_limits(self) -> GateLimits:
        """Default limits; see :func:`review.desk.drawing.limits.gate_limits`."""
        if self._gate_limits is None:
            self._gate_limits = cast(GateLimits, await self._drawn("gate_limits"))
        return self._gate_limits

    async def cut_tiles(self, source: Source, path: Path) -> None:
        """Write the archive of a picture's tiles; see :func:`review.desk.drawing.tiles.cut_tiles`."""
        await self._drawn("cut_tiles", source, path)

    async def stroke_mask(self, image: FlaggedImage, strokes: Sequence[Stroke]) -> bytes:
        """A PNG file; see :func:`review.desk.drawing.strokes.stroke_mask`."""
        return cast(bytes, await self._drawn("stroke_mask", image, strokes))

    async def built_mask(self, image: FlaggedImage, chosen: Sequence[int] | None) -> bytes:
        """A PNG file; see :func:`review.desk.drawing.masks.built_mask`."""
        return cast(bytes, await self._drawn("built_mask", image, chosen))

    async def compared_picture(self, key: str) -> bytes:
        """A JPEG file; see :func:`review.desk.drawing.drawings.compared_jpeg`."""
        return cast(bytes, await self._drawn("compared_jpeg", key))

    async def rollout_candidates(self) -> dict[str, list[str]]:
        """Names of models by step; see :func:`review.experiments.new_rollout.candidates`."""
        return cast(dict[str, list[str]], await self._drawn("rollout_candidates"))

    async def new_rollout(self, recipe: str, options: Mapping[str, Any]) -> NewRollout:
        """A rollout to start; see :func:`review.experiments.new_rollout.new_rollout`."""
        return cast(NewRollout, await self._drawn("new_rollout", recipe, options))

    def recipe(self, name: str) -> Recipe:
        """:func:`review.desk.drawing.drawings.recipe`; waits for it."""
        return cast(Recipe, self._awaited("recipe", name))

    def keep_mask(self, image: ImageRecord, path: Path) -> str:
        """:func:`scheduler.drawn_mask.keep_mask`; waits for it."""
        return cast(str, self._awaited("keep_mask", image, path))

    def close(self) -> None:
        """End the processes."""
        with self._lock:
            if self._pool is not None:
                self._pool.shutdown(cancel_futures=True)
                self._pool = None

    def _awaited(self, function: str, *args: Any) -> Any:
        try:
            return self._submit(function, *args).result()
        except BrokenProcessPool:
            raise self._broken() from None

    async def _drawn(self, function: str, *args: Any) -> Any:
        try:
            return await asyncio.wrap_future(self._submit(function, *args))
        except BrokenProcessPool:
            raise self._broken() from None

    def _submit(self, function: str, *args: Any) -> "Future[Any]":
        with self._lock:
            if self._pool is None:
                spawned = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(PROCESSES, spawned, _start, (self._settings,))
            return self._pool.submit(_call, function, args)

    def _broken(self) -> ServiceError:
        """Forget the processes, one of which was killed; the next picture starts new ones."""
        with self._lock:
            self._pool = None
        return ServiceError("drawing the picture took too much memory, or its process was killed: try again")


_contexts: list[Context] = []
"""The context of a drawing process."""


def _start(settings: Settings) -> None:
    """Prepare a drawing process; it ends when the desk does, however that ends."""
    _contexts.append(Context(settings))
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(0)


def _call(function: str, args: tuple[Any, ...]) -> Any:
    """Draw, in a drawing process."""
    return getattr(import_module(DRAWINGS), function)(_contexts[0], *args)
