"""The process that decodes photos of unknown origin, so that what they break is this and nothing else.

:mod:`imaging.sandbox.photo_client` starts it as ``python -m imaging.sandbox.photo_server``, a socket as standard input.
It holds no secret, writes no file, and takes no more memory and time than a picture of the announced size may need.

A request is ``REQUEST`` (lengths of what follows), JSON (name, limits, background, seconds) and the file. An answer is
``ANSWER`` (whether it is a picture, length of the JSON, height, width), JSON (facts, or reason and
sentence) and, of a picture, height × width × 3 bytes of RGB. Nothing is ever unpickled.
"""

import json
import math
import os
import resource
import socket
import struct
import sys
from collections.abc import Mapping
from typing import Any, Final

from PIL import AvifImagePlugin

from imaging.decode import decode
from imaging.limits import Limits
from imaging.refusal import RefusedError
from imaging.sandbox.process import address_space, confine, silence

HELLO: Final = b"decoder\n"
REQUEST: Final = struct.Struct("!IQ")  # bytes of JSON, bytes of the file
ANSWER: Final = struct.Struct("!?III")  # whether a picture, bytes of JSON, height, width
_PREFLIGHT = 256_000_000  # bytes that opening a file may take before its size is known, and tables of codecs
_PER_BYTE = 4  # of the file: decoders copy it
_PER_PIXEL = 32  # bytes; the hungriest, lossless WebP with alpha that is to be turned, took 25


def main() -> None:
    """Answer requests until the other end is closed. The first argument is the memory that is allowed, in bytes."""
    memory = int(sys.argv[1])
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    confine(memory)
    with socket.socket(fileno=os.dup(0)) as channel:
        channel.setblocking(True)
        channel.sendall(HELLO)
        silence(0, 1, 2)
        while serve(channel, memory):
            pass


def serve(channel: socket.socket, memory: int) -> bool:
    """Answer one request; False where there is none any more."""
    head = receive(channel, REQUEST.size)
    if not head:
        return False
    asked, size = REQUEST.unpack(head)
    allow(_PREFLIGHT + _PER_BYTE * size, memory)
    request = json.loads(receive(channel, asked))
    data = receive(channel, size)
    hurry(request["seconds"])
    try:
        picture = decode(
            request["name"],
            data,
            limits=Limits(**request["limits"]),
            background=request["background"],
            on_size=lambda width, height: allow(
                _PREFLIGHT + _PER_BYTE * size + _PER_PIXEL * width * height, memory
            ),
        )
    except RefusedError as error:
        refusal = {"reason": error.reason, "sentence": error.sentence}
    else:
        answer(channel, picture.facts.to_json(), picture.rgb.shape[:2], picture.rgb.data.cast("B"))
        return True
    answer(channel, refusal)  # only now, when the error and all that its frames hold is let go
    return True


def answer(
    channel: socket.socket,
    said: Mapping[str, Any],
    size: tuple[int, ...] = (0, 0),
    rgb: memoryview | None = None,
) -> None:
    """Send an answer; the other end checks it, as this one may have been taken over by what it decoded."""
    text = json.dumps(said).encode()
    channel.sendall(ANSWER.pack(rgb is not None, len(text), *size) + text)
    if rgb is not None:
        channel.sendall(rgb)


def receive(channel: socket.socket, size: int) -> bytearray:
    """Exactly ``size`` bytes, or none where the other end is closed."""
    data = bytearray(size)
    view = memoryview(data)
    got = 0
    while got < size:
        if not (count := channel.recv_into(view[got:])):
            return bytearray()
        got += count
    return data


def hurry(seconds: float) -> None:
    """Let the kernel end this process where it computes for longer, even if nobody is left to do so."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(spent.ru_utime + spent.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def allow(more: int, memory: int) -> None:
    """Let this process grow by ``more`` bytes, and by no more than ``memory``."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (min(address_space() + min(more, memory), most), most))


if __name__ == "__main__":
    main()
