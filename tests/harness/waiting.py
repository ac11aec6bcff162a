"""Waiting for a condition: the deadline moves on as long as something moves."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
PATIENCE = 120.0
"""Maximum wait without any progress (seconds). A busy machine makes everything slow, but nothing stand still."""
PAUSE = 0.03
"""Pause between two looks (seconds)."""


def until(
    condition: Callable[[], Answer],
    what: str,
    *,
    progress: Callable[[], object] = lambda: None,
    patience: float = PATIENCE,
    details: Callable[[], str] = str,
) -> Answer:
    """The first true answer of ``condition``.

    Args:
        condition: asked again and again.
        what: describes the condition in the error.
        progress: any value that changes while work goes on; each change renews the deadline.
        patience: maximum time without a change (seconds).
        details: appended to the error, such as the ends of the logs.

    Raises:
        AssertionError: nothing changed for ``patience`` seconds. A condition that stays false while things change is
            ended by pytest's own timeout.
    """
    state = progress()
    deadline = time.monotonic() + patience
    while not (answer := condition()):
        if time.monotonic() > deadline:
            if (now := progress()) == state:
                raise AssertionError(f"no progress for {patience:g} s: {what}\n{details()}")
            state, deadline = now, time.monotonic() + patience
        time.sleep(PAUSE)
    return answer


def log_bytes(home: Path) -> int:
    """Size of all logs of a state folder: grows while its processes work."""
    return sum(path.stat().st_size for path in home.glob("**/logs/*.log"))


def log_ends(home: Path, lines: int = 15) -> str:
    """The last lines of each log of a state folder."""
    return "\n".join(
        f"--- {path.name}\n" + "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
        for path in sorted(home.glob("**/logs/*.log"))
    )
