"""The process that opens a vendor's zip, so that what it breaks is this and nothing else.

:mod:`imaging.sandbox.archive_client` starts it as ``python -m imaging.sandbox.archive_server MEMORY LIMITS``, with the
archive as standard input.
What it finds goes to standard output as frames: ``FRAME`` (kind and length), then so many bytes.
"""

import json
import os
import struct
import sys
from typing import BinaryIO, Final

from imaging.archive import ArchiveError, ArchiveLimits, Entry, entries
from imaging.refusal import RefusedError
from imaging.sandbox.process import confine, silence

FRAME: Final = struct.Struct("!cI")
ENTRY: Final = b"E"
"""JSON: name, size, and reason and sentence where it is refused; else ``DATA`` follows, and ``ENTRY_END``."""
DATA: Final = b"D"
ENTRY_END: Final = b"N"
"""JSON: empty, or reason and sentence where its bytes turned out otherwise than announced."""
END: Final = b"Z"
"""Text: empty, or why the archive as a whole is refused."""


def main() -> None:
    """Say what is in the archive, until all is said or nobody listens."""
    memory, limits = int(sys.argv[1]), ArchiveLimits(**json.loads(sys.argv[2]))
    confine(memory)
    with os.fdopen(os.dup(0), "rb") as file, os.fdopen(os.dup(1), "wb", 1 << 17) as out:
        silence(0, 1, 2)
        try:
            for entry in entries(file, limits):
                tell(out, entry)
        except ArchiveError as error:
            frame(out, END, str(error).encode(errors="replace"))
        except MemoryError:
            frame(out, END, b"opening the archive takes more memory than it may")
        else:
            frame(out, END)


def tell(out: BinaryIO, entry: Entry) -> None:
    """One entry with all its bytes."""
    known = {"name": entry.name, "size": entry.size, **said(entry.refusal)}
    frame(out, ENTRY, json.dumps(known).encode())
    if entry.refusal:
        return
    refusal = None
    try:
        for chunk in entry.chunks():
            frame(out, DATA, chunk)
    except RefusedError as error:
        refusal = error
    frame(out, ENTRY_END, json.dumps(said(refusal)).encode())


def said(refusal: RefusedError | None) -> dict[str, str]:
    """A refusal as it is sent."""
    return {} if refusal is None else {"reason": refusal.reason, "sentence": refusal.sentence}


def frame(out: BinaryIO, kind: bytes, body: bytes = b"") -> None:
    """Write one frame."""
    out.write(FRAME.pack(kind, len(body)) + body)


if __name__ == "__main__":
    main()
