"""The process that decodes untrusted photos, so that a hostile file can break nothing else.

:mod:`imaging.sandbox.photo_client` starts it as ``python -m imaging.sandbox.photo_server``, a socket as standard input.
It holds no secret, writes no file, and takes no more memory and time than a picture of the announced size may need.

A request is ``REQUEST`` (lengths of what follows), JSON (name, limits, background, seconds) and the file. An answer is
``ANSWER`` (whether it is a picture, length of the JSON, height, width), JSON (facts, or reason and
sentence) and, of a picture, height × width × 3 bytes of RGB. Nothing is unpickled.
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
_BASE_MEMORY = 256_000_000
"""Bytes for opening a file before its size is known, and for tables of codecs."""
_MEMORY_PER_FILE_BYTE = 4
"""Decoders copy the file."""
_MEMORY_PER_PIXEL = 32
"""Bytes; the maximum measured is 25, for a lossless WebP with alpha that is turned."""


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
    """Answer one request; False at the end of the stream."""
    head = receive(channel, REQUEST.size)
    if not head:
        return False
    asked, size = REQUEST.unpack(head)
    limit_memory(_BASE_MEMORY + _MEMORY_PER_FILE_BYTE * size, memory)
    request = json.loads(receive(channel, asked))
    data = receive(channel, size)
    limit_time(request["seconds"])
    try:
        picture = decode(
            request["name"],
            data,
            limits=Limits(**request["limits"]),
            background=request["background"],
            on_size=lambda width, height: limit_memory(
                _BASE_MEMORY + _MEMORY_PER_FILE_BYTE * size + _MEMORY_PER_PIXEL * width * height, memory
            ),
        )
    except RefusedError as error:
        refusal = {"reason": error.reason, "sentence": error.sentence}
    else:
        answer(channel, picture.facts.to_json(), picture.rgb.shape[:2], picture.rgb.data.cast("B"))
        return True
    answer(channel, refusal)  # only here, after the error and the memory of its frames are released
    return True


def answer(
    channel: socket.socket,
    facts: Mapping[str, Any],
    size: tuple[int, ...] = (0, 0),
    rgb: memoryview | None = None,
) -> None:
    """Send an answer; the client validates it, because a hostile file may control this process."""
    text = json.dumps(facts).encode()
    channel.sendall(ANSWER.pack(rgb is not None, len(text), *size) + text)
    if rgb is not None:
        channel.sendall(rgb)


def receive(channel: socket.socket, size: int) -> bytearray:
    """Exactly ``size`` bytes; empty where the other end is closed."""
    data = bytearray(size)
    view = memoryview(data)
    received = 0
    while received < size:
        if not (count := channel.recv_into(view[received:])):
            return bytearray()
        received += count
    return data


def limit_time(seconds: float) -> None:
    """Let the kernel end this process after so much CPU time, even if the client has ended."""
    spent = resource.getrusage(resource.RUSAGE_SELF)
    limit = math.ceil(spent.ru_utime + spent.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def limit_memory(more: int, memory: int) -> None:
    """Let this process grow by ``more`` bytes, at most by ``memory``."""
    most = resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (min(address_space() + min(more, memory), most), most))


if __name__ == "__main__":
    main()
