"""The process that opens a vendor's archive: what the archive breaks is this process and nothing else.

:mod:`imaging.sandbox.archive_client` starts it as ``python -m imaging.sandbox.archive_server MEMORY LIMITS ENCODING``,
with the archive as standard input. The entries go to standard output as frames: ``FRAME`` (kind and length in bytes),
then the body.
"""

import json
import os
import struct
import sys
from typing import BinaryIO, Final

from imaging.archives.entry import ArchiveError, ArchiveLimits, Entry
from imaging.archives.reader import entries
from imaging.refusal import RefusedError
from imaging.sandbox.process import confine, silence

FRAME: Final = struct.Struct("!cI")
ENTRY: Final = b"E"
"""JSON: name, size, raw_name in hexadecimal where the name is no UTF-8, and reason and sentence where the entry is
refused; otherwise ``DATA`` follows, and ``ENTRY_END``."""
DATA: Final = b"D"
ENTRY_END: Final = b"N"
"""JSON: empty, or reason and sentence where the bytes differ from what the entry claimed."""
END: Final = b"Z"
"""Text: empty, or why the archive as a whole is refused."""


def main() -> None:
    """Write all entries of the archive, until the end or until the reader is gone."""
    memory, limits = int(sys.argv[1]), ArchiveLimits(**json.loads(sys.argv[2]))
    encoding = sys.argv[3] or None
    confine(memory)
    with os.fdopen(os.dup(0), "rb") as file, os.fdopen(os.dup(1), "wb", 1 << 17) as out:
        silence(0, 1, 2)
        try:
            for entry in entries(file, limits, encoding):
                write_entry(out, entry)
        except ArchiveError as error:
            frame(out, END, str(error).encode(errors="replace"))
        except MemoryError:
            frame(out, END, b"opening the archive takes more memory than it may")
        else:
            frame(out, END)


def write_entry(out: BinaryIO, entry: Entry) -> None:
    """Write one entry with all its bytes."""
    raw_name = {"raw_name": entry.raw_name.hex()} if entry.raw_name is not None else {}
    head = {"name": entry.name, "size": entry.size, **raw_name, **refusal_fields(entry.refusal)}
    frame(out, ENTRY, json.dumps(head).encode())
    if entry.refusal:
        return
    refusal = None
    try:
        for chunk in entry.chunks():
            frame(out, DATA, chunk)
    except RefusedError as error:
        refusal = error
    frame(out, ENTRY_END, json.dumps(refusal_fields(refusal)).encode())


def refusal_fields(refusal: RefusedError | None) -> dict[str, str]:
    """The JSON fields of a refusal; none where there is no refusal."""
    return {} if refusal is None else {"reason": refusal.reason, "sentence": refusal.sentence}


def frame(out: BinaryIO, kind: bytes, body: bytes = b"") -> None:
    """Write one frame."""
    out.write(FRAME.pack(kind, len(body)) + body)


if __name__ == "__main__":
    main()
