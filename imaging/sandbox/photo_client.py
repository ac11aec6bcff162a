"""Decoding in a process of its own, which a hostile file may kill, hang or fill without harm to any other."""

import atexit
import errno
import json
import logging
import os
import signal
import sys
import threading
import time
from dataclasses import asdict
from typing import ClassVar

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from imaging.decode import Decoded
from imaging.limits import Limits
from imaging.refusal import RefusedError
from imaging.sandbox.photo_server import ANSWER, HELLO, REQUEST
from imaging.sandbox.process import OWN_FAULTS, Confined
from line.errors import ServiceError
from line.facts import Facts
from line.settings import settings

log = logging.getLogger(__name__)

_START = 60.0  # seconds for an interpreter and Pillow to be loaded, on a busy machine
_RENEW = 500  # pictures after which a decoder is replaced: what a file has done to it lasts no longer
_MOST_SAID = 1 << 16  # bytes of JSON in an answer
_DEFAULT_LIMITS = Limits()


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Damage(_Checked):
    message: str = Field(max_length=300)
    row: int | None = Field(ge=0)


class _DecodedFacts(_Checked):
    """The facts of :class:`imaging.decode.Decoded`, and no others: steps and people rely on some."""

    format: str = Field(max_length=8)
    extension: str = Field(pattern="^(agrees|differs|absent)$")
    bytes: int
    mode: str = Field(max_length=16)
    frames: int = Field(ge=1)
    dpi: tuple[float, float] | None = Field(strict=False)
    orientation: int = Field(ge=1, le=8)
    source_types: list[str] = Field(max_length=20)
    aigc: str | None = Field(max_length=2_000)
    rights: dict[str, str]
    c2pa: bool
    gain_map: str | None = Field(max_length=16)
    damage: _Damage | None
    scans_missing: bool
    publishable_stream: bool
    icc: str = Field(max_length=16)
    alpha: bool
    transparent: float = Field(ge=0, le=1)
    width: int
    height: int
    grey_rows: int | None = Field(None, ge=0)


class _Refusal(_Checked):
    reason: str = Field(pattern=r"^[a-z_]{1,40}$")
    sentence: str = Field(max_length=500)


class _EndedError(Exception):
    """The decoder is gone; ``signal`` is what ended it, or 0 where it ended of itself."""

    def __init__(self, number: int) -> None:
        self.signal = number
        super().__init__(number)


class Decoder:
    """One decoding process: started by the first picture, started anew after whatever ends it.

    Args:
        seconds: how long one picture may take.
        memory: bytes that decoding one picture may take.
    """

    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "imaging.sandbox.photo_server")

    def __init__(self, seconds: float, memory: int) -> None:
        self.seconds, self.memory = seconds, memory
        self._lock = threading.Lock()
        self._confined: Confined | None = None
        self._served = 0

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._confined.process.pid if self._confined else None

    def decode(self, name: str, data: bytes, limits: Limits, background: str) -> Decoded:
        """See :func:`decode_apart`."""
        with self._lock:
            for _ in range(2):
                try:
                    return self._decode(name, data, limits, background)
                except _EndedError as ended:
                    if ended.signal in OWN_FAULTS or not ended.signal:
                        raise _died(ended.signal) from None
                    log.warning("%s: its decoder was killed from outside; trying a new one", name)
        # Its memory is bounded, so the kernel took it because the machine has none left: no fault of the file's.
        raise MemoryError(f"{name}: its decoder was killed twice from outside: the machine is out of memory")

    def close(self) -> None:
        """End the process, if there is one."""
        if self._confined is not None:
            self._confined.kill()
            self._confined = None

    def _decode(self, name: str, data: bytes, limits: Limits, background: str) -> Decoded:
        confined = self._ready()
        wish = {"name": name, "limits": asdict(limits), "background": background, "seconds": self.seconds}
        text = json.dumps(wish).encode()
        deadline = time.monotonic() + self.seconds
        self._served += 1
        try:
            confined.send(REQUEST.pack(len(text), len(data)) + text, deadline)
            confined.send(data, deadline)
            answer = _answer(confined, limits, deadline)
        except TimeoutError:
            self.close()
            raise _hung(self.seconds) from None
        except OSError:  # a reset is how the end of the other side looks while we still send
            raise _EndedError(self._end(confined)) from None
        except ValueError as error:
            self.close()
            log.error("%s: its decoder answered nonsense and was ended: %s", name, error)
            raise _died(0) from None
        except BaseException:  # what is left of this answer must never be taken for the next picture's
            self.close()
            raise
        if isinstance(answer, RefusedError):
            raise answer
        return answer

    def _ready(self) -> Confined:
        if self._confined is not None and (
            self._served >= _RENEW or self._confined.process.poll() is not None
        ):
            self.close()  # where it has ended, it was killed while it had nothing to do
        if self._confined is None:
            self._confined = self._start()
            self._served = 0
        return self._confined

    def _start(self) -> Confined:
        try:
            confined = Confined([*self.command, str(self.memory)])
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError("no memory to start a decoder") from None
            raise ServiceError(f"the decoder of photos cannot be started: {error}") from error
        try:
            if confined.receive(len(HELLO), time.monotonic() + _START) != HELLO:
                raise ConnectionError("something else answered")
        except OSError as error:
            if ended := self._end(confined):
                raise _EndedError(ended) from None
            raise ServiceError(f"the decoder of photos does not start: {error}") from error
        return confined

    def _end(self, confined: Confined) -> int:
        """Bury the process that has ended; the signal that did it, or 0."""
        self._confined = None
        return confined.end()


def decode_apart(
    name: str, data: bytes, *, limits: Limits = _DEFAULT_LIMITS, background: str = "#ffffff"
) -> Decoded:
    """:func:`imaging.decode.decode`, in another process with bounded memory and time.

    Raises:
        RefusedError: as there; also ``decoder_died`` and ``decoder_hung``.
        MemoryError: the machine as a whole has too little memory to decode it now.
        ServiceError: the other process cannot be started.
    """
    return _mine().decode(name, data, limits, background)


_decoders: dict[int, Decoder] = {}
"""This process' decoder by this process' id: one that a fork has inherited belongs to the parent."""


def _mine() -> Decoder:
    me = os.getpid()
    if me not in _decoders:
        _decoders.clear()
        _decoders[me] = Decoder(settings().decode_seconds, settings().decode_memory)
        atexit.register(_decoders[me].close)
    return _decoders[me]


def _answer(confined: Confined, limits: Limits, deadline: float) -> Decoded | RefusedError:
    """The decoder's answer, believed only as far as it can be checked.

    Raises:
        ValueError: no decoder of ours says that.
    """
    is_picture, length, height, width = ANSWER.unpack(confined.receive(ANSWER.size, deadline))
    if length > _MOST_SAID:
        raise ValueError(f"{length} bytes of JSON")
    said = confined.receive(length, deadline)
    try:
        if not is_picture:
            refusal = _Refusal.model_validate_json(said)
            return RefusedError(refusal.reason, refusal.sentence)
        checked = _DecodedFacts.model_validate_json(said)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} mistakes in what it says") from None
    try:
        limits.check_size(width, height)
    except RefusedError as error:
        raise ValueError(error.sentence) from None
    if (checked.width, checked.height) != (width, height):
        raise ValueError("two sizes")
    rgb = np.empty((height, width, 3), np.uint8)
    confined.fill(rgb.data.cast("B"), deadline)
    not_measured = {"grey_rows"} if checked.grey_rows is None else set()
    return Decoded(rgb, Facts.from_json(checked.model_dump(exclude=not_measured)))


def _died(number: int) -> RefusedError:
    if number == signal.SIGXCPU:
        return _hung(None)
    what = f" ({signal.Signals(number).name})" if number else ""
    return RefusedError(
        "decoder_died",
        f"Decoding the file broke the decoder{what}; please export it anew with another program.",
    )


def _hung(seconds: float | None) -> RefusedError:
    bound = f" within {seconds:g} seconds" if seconds else " in the time it may take"
    return RefusedError(
        "decoder_hung", f"The file could not be decoded{bound}; please export it anew with another program."
    )
