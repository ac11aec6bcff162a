"""Finds the broker of a line that is up in SLUICE_HOME, for Celery commands that a person calls by hand."""

import fcntl
import json
from pathlib import Path


def running_broker(home: Path) -> str | None:
    """URL of the broker of the line that is up in this state folder; None where no line is up."""
    try:
        url = json.loads((home / "stack.json").read_text())["broker_url"]
        with (home / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:  # held by the line: it is up, and the file is not one that a crash left behind
        return str(url)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None
