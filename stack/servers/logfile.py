"""The log of a child process: one file, bounded, and its end for an error message."""

import os
from pathlib import Path
from typing import BinaryIO

BYTES_KEPT = 5_000_000


def open_log(path: Path, keep: int = BYTES_KEPT) -> BinaryIO:
    """Open a log to append to; one that has grown past ``keep`` bytes is first moved to ``NAME.log.1``.

    So a child's log takes twice ``keep`` bytes and what one run of it writes, at most.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > keep:
        path.replace(path.with_name(path.name + ".1"))
    # 0600: a log may quote data of a vendor
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


def tail(path: Path, lines: int = 8, since: int = 0) -> str:
    """The last lines of a log, reading its last 16 kB at most and nothing before byte ``since``."""
    try:
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(end - 16_384, min(since, end)))
            text = file.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-lines:])
