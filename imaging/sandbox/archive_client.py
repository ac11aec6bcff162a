"""Opens an archive in a sandboxed process: a hostile archive can break only that process."""

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imaging.archives.entry import DEFAULT_LIMITS, ArchiveError, ArchiveLimits, Entry
from imaging.refusal import RefusedError
from imaging.sandbox.archive_server import DATA, END, ENTRY, ENTRY_END, FRAME
from imaging.sandbox.process import OWN_FAULTS, Confined
from line.errors import ServiceError

MAX_FRAME_BYTES = 1 << 20


class _RefusalFrame(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    reason: str = Field("", pattern=r"^[a-z_]{0,40}$")
    sentence: str = Field("", max_length=500)

    @property
    def refusal(self) -> RefusedError | None:
        return RefusedError(self.reason, self.sentence) if self.reason else None


class _EntryFrame(_RefusalFrame):
    name: str = Field(min_length=1)
    size: int = Field(ge=0)
    raw_name: str | None = Field(None, pattern=r"^([0-9a-f]{2})*$")


_FrameType = TypeVar("_FrameType", bound=_RefusalFrame)


class Unpacker:
    """One archive that is being read; see :func:`sandboxed_entries`."""

    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "imaging.sandbox.archive_server")

    def __init__(
        self, file: BinaryIO, limits: ArchiveLimits, seconds: float, memory: int, encoding: str | None = None
    ) -> None:
        self._limits, self._seconds = limits, seconds
        self._unread = False
        self._bytes = 0
        command = [*self.command, str(memory), json.dumps(asdict(limits)), encoding or ""]
        try:
            self._confined = Confined(command, file)
        except OSError as error:
            raise ServiceError(f"the process that opens archives cannot be started: {error}") from error

    def close(self) -> None:
        """End the process."""
        self._confined.kill()

    def entries(self) -> Iterator[Entry]:
        """The entries in their order; unread bytes of an entry are skipped."""
        count = 0
        while True:
            with contextlib.suppress(RefusedError):
                for _ in self._chunks():
                    pass
            kind, body = self._frame(ENTRY, END)
            if kind == END:
                if body:
                    raise ArchiveError(body.decode(errors="replace"))
                return
            count += 1
            if count > self._limits.max_entries:
                raise _nonsense(f"{count:,} entries")
            head = _read(_EntryFrame, body)
            self._unread = head.refusal is None
            raw_name = bytes.fromhex(head.raw_name) if head.raw_name is not None else None
            yield Entry(head.name, head.size, head.refusal, self._chunks, raw_name)

    def _chunks(self) -> Iterator[bytes]:
        count = 0
        while self._unread:
            kind, body = self._frame(DATA, ENTRY_END)
            if kind == ENTRY_END:
                self._unread = False
                if refusal := _read(_RefusalFrame, body).refusal:
                    raise refusal
                return
            count += len(body)
            self._bytes += len(body)
            if count > self._limits.max_entry_bytes or self._bytes > self._limits.max_bytes:
                raise _nonsense("more bytes than are taken")
            yield body

    def _frame(self, *expected: bytes) -> tuple[bytes, bytes]:
        deadline = time.monotonic() + self._seconds
        try:
            kind, length = FRAME.unpack(self._confined.receive(FRAME.size, deadline))
            if kind not in expected or length > MAX_FRAME_BYTES:
                raise _nonsense(f"{kind!r} of {length:,} bytes")
            return kind, self._confined.receive(length, deadline)
        except TimeoutError:
            raise ArchiveError(
                f"opening the archive gave nothing for {self._seconds:g} seconds; please pack it again"
            ) from None
        except OSError as error:
            ended = self._confined.end()
            if ended in OWN_FAULTS or not ended:
                raise ArchiveError(
                    "the archive broke the process that opens it; please pack it again"
                ) from error
            raise ServiceError("the process that opens archives was killed from outside") from error


def sandboxed_entries(
    path: Path,
    limits: ArchiveLimits = DEFAULT_LIMITS,
    encoding: str | None = None,
    *,
    seconds: float = 60.0,
    memory: int = 2_500_000_000,
) -> Iterator[Entry]:
    """:func:`imaging.archives.reader.entries` of a file, in another process with bounded memory and time.

    Args:
        seconds: maximum time without an answer of the other process.
        memory: maximum bytes of the other process.

    Raises:
        ArchiveError: as there; also where the archive breaks, hangs or fills that process.
        ServiceError: the process was killed from outside, or cannot be started: to be tried again.
    """
    with path.open("rb") as file:
        unpacker = Unpacker(file, limits, seconds, memory, encoding)
    with contextlib.closing(unpacker):
        yield from unpacker.entries()


def _read(kind: type[_FrameType], body: bytes) -> _FrameType:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise _nonsense(f"{error.error_count()} mistakes in {kind.__name__}") from None


def _nonsense(what: str) -> ArchiveError:
    return ArchiveError(
        f"the process that opens the archive answered nonsense ({what}); please pack it again"
    )
