"""Test-only: the line's real decoder with a codec that crashes, hangs or eats memory where a file tells it to.

Imported by a worker (``SLUICE_PLUGINS``) it puts itself in the place of the decoder; run, it is that decoder.
"""

import ctypes
import os
import signal
import sys
import time
from typing import Any

BRAND = (
    b"\xff\xfe\x00\x0e"  # of a JPEG comment of 12 bytes, so that the file stays a picture for everybody else
)


def branded(jpeg: bytes, deed: str) -> bytes:
    """A JPEG that makes this codec do ``deed``; a plain picture to any other."""
    return jpeg[:2] + BRAND + deed.encode().ljust(12) + jpeg[2:]


def do(deed: str) -> None:
    if deed == "segfault":
        ctypes.string_at(0)
    elif deed == "abort":
        os.abort()
    elif deed == "hang":
        time.sleep(3600)
    elif deed == "spin":
        while True:
            pass
    elif deed == "eat":
        held = []
        while True:
            held.append(bytearray(16_000_000))
    elif deed == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    elif deed == "babble":
        os.write(3, b"\xff" * 1000)
    elif deed == "leave":
        os._exit(3)


if __name__ == "__main__":
    from imaging import decode
    from imaging.sandbox import photo_server

    ordinary = decode._open

    def breaking(data: bytes, kind: Any) -> Any:
        if BRAND in data[:16]:
            do(data[6:18].decode().strip())
        return ordinary(data, kind)

    decode._open = breaking
    photo_server.main()
else:
    from imaging.sandbox import photo_client

    photo_client.Decoder.command = (sys.executable, "-P", __file__)
