"""Deaths at one exact point of a step, for tests alone: what ``MISHAP`` names happens once on this machine.

``MISHAP=POINT:POSITION:FILE``: at that point of the step at that position of the recipe the first process to
come by makes ``FILE`` and dies as by ``kill -9``.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any


def _die_once(file: Path) -> None:
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    os.kill(os.getpid(), signal.SIGKILL)


def _before_commit(position: int, file: Path) -> None:
    """Outputs are written, nothing is committed."""
    from records import outcomes

    finish = outcomes.finish

    def dying(connection: Any, claim: Any, *rest: Any) -> bool:
        if claim.position == position:
            _die_once(file)
        return finish(connection, claim, *rest)

    outcomes.finish = dying  # type: ignore[assignment]


def _after_commit(position: int, file: Path) -> None:
    """The step is committed; its message is not acknowledged and the next one not sent."""
    if "tasks._celery" not in sys.modules:  # no worker
        return
    from tasks.runner.step import StepEnd, StepRunner

    run = StepRunner.run

    def dying(runner: StepRunner, shard_id: int, at: int, node: str) -> StepEnd:
        end = run(runner, shard_id, at, node)
        if at == position and end.go_on:
            _die_once(file)
        return end

    StepRunner.run = dying  # type: ignore[method-assign,assignment]


_POINTS = {"before_commit": _before_commit, "after_commit": _after_commit}

if mishap := os.environ.get("MISHAP"):
    point, where, path = mishap.split(":", 2)
    _POINTS[point](int(where), Path(path))
