"""A small client of the API for Python programs; it needs httpx2 and pydantic only.

Example::

    with SluiceClient("http://127.0.0.1:5556", token) as sluice:
        upload = sluice.send(Path("photos"), vendor="acme", name="spring")
        for image in sluice.images(upload.batch, state="flagged"):
            sluice.accept(image.image)
"""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx2
from pydantic import BaseModel, TypeAdapter

from review.api.schemas import (
    BatchDetails,
    BatchSummary,
    ImageDetails,
    ImageSummary,
    Link,
    Probe,
    Requeued,
    StepReadings,
    Stored,
    Template,
    TroubleReport,
    UploadReport,
)

T = TypeVar("T", bound=BaseModel)
PART_BYTES = 32 * 1024 * 1024
"""Size from which a file is sent by parts, and of each part."""
ATTEMPTS = 5
"""Times that a request is sent while the server is away or busy; requests that act have idempotency keys."""


class ApiError(Exception):
    """Raised when the server refuses a request; ``detail`` says why and how to mend it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status, self.detail = status, detail


class SluiceClient:
    """The API of one line.

    Args:
        url: of the desk's server.
        token: of ``sluice tokens create``.
        transport: how requests are sent; over the network where None.
        pause: waits some seconds between two attempts.
    """

    def __init__(
        self,
        url: str,
        token: str,
        transport: httpx2.BaseTransport | None = None,
        pause: Callable[[float], object] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx2.Client(
            base_url=f"{url.rstrip('/')}/api/v1", headers=headers, transport=transport, timeout=60.0
        )
        self._pause = pause

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

    def batches(self) -> Iterator[BatchSummary]:
        """All batches, newest first, page by page."""
        return self._pages("/batches", BatchSummary)

    def batch(self, batch: int) -> BatchDetails:
        """One batch."""
        return BatchDetails.model_validate(self._send("GET", f"/batches/{batch}"))

    def images(self, batch: int, state: str | None = None) -> Iterator[ImageSummary]:
        """Images of a batch, page by page."""
        return self._pages(f"/batches/{batch}/images", ImageSummary, {"state": state} if state else {})

    def readings(self, batch: int) -> Iterator[StepReadings]:
        """Every run of every step on a batch's images, page by page."""
        return self._pages(f"/batches/{batch}/readings", StepReadings)

    def image(self, image: int) -> ImageDetails:
        """One image with its steps and moves."""
        return ImageDetails.model_validate(self._send("GET", f"/images/{image}"))

    def pictures(self, image: int, seconds: int = 300) -> list[Link]:
        """Links to an image's pictures, valid for ``seconds``."""
        answer = self._send("GET", f"/images/{image}/pictures", params={"seconds": seconds})
        return TypeAdapter(list[Link]).validate_python(answer)

    def accept(self, image: int, version: str | None = None) -> ImageDetails:
        """Accept a flagged image as it stands; with ``version`` only if it did not change."""
        return self._decide(image, "accept", {"version": version})

    def reject(self, image: int, version: str | None = None) -> ImageDetails:
        """Discard an image."""
        return self._decide(image, "reject", {"version": version})

    def requeue(self, image: int, recipe: str | None = None, mask: str | None = None) -> ImageDetails:
        """Process an image again."""
        return self._decide(image, "requeue", {"recipe": recipe, "mask": mask})

    def rollback(self, image: int, step: str) -> ImageDetails:
        """Put an image back to what it was before a step."""
        return self._decide(image, "rollback", {"step": step})

    def requeue_flagged(self, batch: int, reason: str | None = None, limit: int = 100) -> Requeued:
        """Process flagged images of a batch again."""
        return Requeued.model_validate(
            self._act(f"/batches/{batch}/requeue", {"reason": reason, "limit": limit})
        )

    def halt(self, batch: int, reason: str = "halted by a program") -> BatchDetails:
        """Halt a batch."""
        return BatchDetails.model_validate(self._act(f"/batches/{batch}/halt", {"reason": reason}))

    def resume(self, batch: int, budget: float | None = None) -> Probe:
        """Resume a halted batch through a probe."""
        return Probe.model_validate(self._act(f"/batches/{batch}/resume", {"budget": budget}))

    def templates(self, vendor: str | None = None) -> Iterator[Template]:
        """Vendor templates, page by page."""
        return self._pages("/templates", Template, {"vendor": vendor} if vendor else {})

    def troubles(self) -> list[TroubleReport]:
        """What waits in the line."""
        return TypeAdapter(list[TroubleReport]).validate_python(self._send("GET", "/troubles"))

    def send(self, path: Path, vendor: str, name: str, recipe: str = "catalog") -> UploadReport:
        """Send a folder or an archive and complete it; the scheduler takes it within seconds."""
        upload = UploadReport.model_validate(
            self._act("/uploads", {"vendor": vendor, "name": name, "recipe": recipe})
        )
        files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
        for file in files:
            self._put(upload.upload, file.relative_to(path).as_posix() if path.is_dir() else name, file)
        return UploadReport.model_validate(self._act(f"/uploads/{upload.upload}/complete", None))

    def take_prefix(self, prefix: str, recipe: str = "catalog") -> UploadReport:
        """Take an upload that lies in the ingest bucket."""
        return UploadReport.model_validate(
            self._act("/uploads/from-prefix", {"prefix": prefix, "recipe": recipe})
        )

    def upload(self, upload: int) -> UploadReport:
        """One upload, and the batch that it became."""
        return UploadReport.model_validate(self._send("GET", f"/uploads/{upload}"))

    def _put(self, upload: int, name: str, file: Path) -> None:
        url = f"/uploads/{upload}/files/{quote(name)}"
        if file.stat().st_size <= PART_BYTES:
            Stored.model_validate(self._send("PUT", url, content=file.read_bytes()))
            return
        with file.open("rb") as stream:
            for part, content in enumerate(iter(lambda: stream.read(PART_BYTES), b""), 1):
                self._send("PUT", url, params={"part": part}, content=content)

    def _decide(self, image: int, decision: str, body: dict[str, Any]) -> ImageDetails:
        return ImageDetails.model_validate(self._act(f"/images/{image}/{decision}", body))

    def _act(self, path: str, body: dict[str, Any] | None) -> Any:
        """Send a request that acts, with a key by which the server carries it out once."""
        headers = {"Idempotency-Key": uuid4().hex}
        return self._send("POST", path, headers=headers, **({} if body is None else {"json": body}))

    def _pages(self, path: str, model: type[T], query: dict[str, str] | None = None) -> Iterator[T]:
        cursor: str | None = None
        while True:
            page = self._send("GET", path, params=(query or {}) | ({"cursor": cursor} if cursor else {}))
            yield from map(model.model_validate, page["items"])
            cursor = page["next"]
            if cursor is None:
                return

    def _send(self, method: str, path: str, **options: Any) -> Any:
        """The JSON of an answer; waits and sends again while the server is away or busy.

        Raises:
            ApiError: the server refuses the request, or stays away.
        """
        for attempt in range(ATTEMPTS):
            try:
                response = self._http.request(method, path, **options)
            except httpx2.TransportError as error:
                if attempt == ATTEMPTS - 1:
                    raise ApiError(0, f"{self._http.base_url} cannot be reached: {error}") from error
            else:
                if response.is_success:
                    return response.json()
                if response.status_code != 503 or attempt == ATTEMPTS - 1:
                    raise ApiError(response.status_code, _detail(response))
            self._pause(0.5 * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def _detail(response: httpx2.Response) -> str:
    try:
        return str(response.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return response.text[:200]
