"""Client of the decoding process: a hostile file can only kill, hang or fill that process."""

import errno
import json
import logging
import signal
import sys
import threading
import time
import weakref
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

log = logging.getLogger(__name__)

_START_SECONDS = 60.0
"""Maximum time to start an interpreter and load the decoders, on a busy machine."""
_MAX_PICTURES = 500
"""Pictures after which a decoder is replaced, so that effects of a hostile file do not last."""
_MAX_JSON_BYTES = 1 << 16
"""Maximum size of the JSON in an answer."""


class _Checked(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Damage(_Checked):
    message: str = Field(max_length=300)
    row: int | None = Field(ge=0)


class _DecodedFacts(_Checked):
    """Exactly the facts of :class:`imaging.decode.Decoded`."""

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
    """Raised when the decoder has ended; ``signal`` is the signal that ended it, or 0."""

    def __init__(self, number: int) -> None:
        self.signal = number
        super().__init__(number)


class Decoder:
    """One decoding process; started for the first picture and again whenever it has ended.

    Args:
        seconds: maximum time for one picture.
        memory: maximum bytes for decoding one picture.
    """

    command: ClassVar[tuple[str, ...]] = (sys.executable, "-P", "-m", "imaging.sandbox.photo_server")

    def __init__(self, seconds: float = 60.0, memory: int = 2_500_000_000) -> None:
        self.seconds, self.memory = seconds, memory
        self._lock = threading.Lock()
        self._confined: Confined | None = None
        self._served = 0

    @property
    def pid(self) -> int | None:
        """Process id; None while there is no process."""
        return self._confined.process.pid if self._confined else None

    def decode(self, name: str, data: bytes, limits: Limits, background: str) -> Decoded:
        """See :meth:`imaging.codec.Codec.decode`."""
        with self._lock:
            for _ in range(2):
                try:
                    return self._decode(name, data, limits, background)
                except _EndedError as ended:
                    if ended.signal in OWN_FAULTS or not ended.signal:
                        raise _died(ended.signal) from None
                    log.warning("%s: its decoder was killed from outside; trying a new one", name)
        # Its own memory is bounded, so the kernel killed it because the machine ran out: not the file's fault.
        raise MemoryError(f"{name}: its decoder was killed twice from outside: the machine is out of memory")

    def close(self) -> None:
        """Kill the process, if there is one."""
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
        except OSError:  # a connection reset: the process ended while data were sent
            raise _EndedError(self._end(confined)) from None
        except ValueError as error:
            self.close()
            log.error("%s: its decoder sent an invalid answer and was killed: %s", name, error)
            raise _died(0) from None
        except BaseException:  # the rest of this answer must not be read as the next picture's
            self.close()
            raise
        if isinstance(answer, RefusedError):
            raise answer
        return answer

    def _ready(self) -> Confined:
        if self._confined is not None and (
            self._served >= _MAX_PICTURES or self._confined.process.poll() is not None
        ):
            self.close()  # it may have been killed while idle
        if self._confined is None:
            self._confined = self._start()
            weakref.finalize(self, self._confined.kill)  # also at the end of this process
            self._served = 0
        return self._confined

    def _start(self) -> Confined:
        try:
            confined = Confined([*self.command, str(self.memory)])
        except OSError as error:
            if error.errno == errno.ENOMEM:
                raise MemoryError("not enough memory to start a decoder") from None
            raise ServiceError(f"the photo decoder cannot be started: {error}") from error
        try:
            if confined.receive(len(HELLO), time.monotonic() + _START_SECONDS) != HELLO:
                raise ConnectionError("unexpected greeting")
        except OSError as error:
            if ended := self._end(confined):
                raise _EndedError(ended) from None
            raise ServiceError(f"the photo decoder does not start: {error}") from error
        return confined

    def _end(self, confined: Confined) -> int:
        """Reap the process that has ended; returns the signal that ended it, or 0."""
        self._confined = None
        return confined.end()


def _answer(confined: Confined, limits: Limits, deadline: float) -> Decoded | RefusedError:
    """The decoder's answer, validated: the process may be under the control of a hostile file.

    Raises:
        ValueError: the answer is invalid.
    """
    is_picture, length, height, width = ANSWER.unpack(confined.receive(ANSWER.size, deadline))
    if length > _MAX_JSON_BYTES:
        raise ValueError(f"{length} bytes of JSON")
    text = confined.receive(length, deadline)
    try:
        if not is_picture:
            refusal = _Refusal.model_validate_json(text)
            return RefusedError(refusal.reason, refusal.sentence)
        checked = _DecodedFacts.model_validate_json(text)
    except ValidationError as error:
        raise ValueError(f"{error.error_count()} invalid values") from None
    try:
        limits.check_size(width, height)
    except RefusedError as error:
        raise ValueError(error.sentence) from None
    if (checked.width, checked.height) != (width, height):
        raise ValueError("the facts and the pixels differ in size")
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
        f"Decoding the file crashed the decoder{what}; please export it again with another program.",
    )


def _hung(seconds: float | None) -> RefusedError:
    bound = f" within {seconds:g} seconds" if seconds else " in the time it may take"
    return RefusedError(
        "decoder_hung", f"The file could not be decoded{bound}; please export it again with another program."
    )
