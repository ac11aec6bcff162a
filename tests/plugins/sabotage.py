"""Test-only transforms that a worker loads by ``SLUICE_PLUGINS``: they ruin, kill, hang and dawdle on purpose."""

import hashlib
import os
import signal
import time
from pathlib import Path

import numpy as np

from gates.contract import Gate, Limit, registry
from gates.edit import Edit
from line.picture import Edited, Outcome, Picture
from tasks.transform import transform


def share_of(name: str) -> float:
    """A number in 0..1 that hangs on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


@transform(queue="erase_text")
def sabotage(
    pictures: list[Picture],
    model: object,
    *,
    ruin: float = 0.0,
    switch: str = "",
    seconds: float = 0.0,
    trace: str = "",
    deadly: str = "",
    death: int = 9,
    room: int = 0,
    huge: str = "",
    hang: str = "",
    lost: str = "",
) -> list[Outcome]:
    """Paint over a share of the pictures while the file ``switch`` exists; die on names with ``deadly``.

    Args:
        ruin: share of pictures to ruin, 0..1.
        switch: ruin only while this file exists; always where empty.
        seconds: how long each picture takes.
        trace: a file to which every picture's name is added when it is worked on.
        deadly: kill the process on a picture whose name holds this.
        death: by which signal: 9 as the kernel kills for memory, 11 as a decoder dies of a bad pointer.
        room: run out of memory on more than so many pictures at once; no limit where 0.
        huge: run out of memory on a picture whose name holds this, even on it alone.
        hang: never come back from a picture whose name holds this.
        lost: fail on a picture whose name holds this as torch does when its context on the device is gone.
    """
    if (room and len(pictures) > room) or any(huge and huge in picture.name for picture in pictures):
        raise MemoryError
    for picture in pictures:
        if hang and hang in picture.name:
            time.sleep(3600)
        if lost and lost in picture.name:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
    return [_one(picture, ruin, switch, seconds, trace, (deadly, death)) for picture in pictures]


def _one(
    picture: Picture, ruin: float, switch: str, seconds: float, trace: str, deadly: tuple[str, int]
) -> Outcome:
    if trace:
        with Path(trace).open("a") as file:
            file.write(picture.name + "\n")
    name, number = deadly
    if name and name in picture.name:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    if seconds:
        time.sleep(seconds)
    rgb = picture.rgb.copy()
    rgb[0, 0] ^= 1  # an edit that every gate lets pass
    if share_of(picture.name) < ruin and (not switch or Path(switch).exists()):
        rgb[:] = 127
    return Edited(picture.with_(rgb=rgb))


def _changed(edit: Edit) -> dict[str, float]:
    return {"sabotaged": float(np.mean(edit.before != edit.after))}


if "sabotage" not in registry().gates:
    registry().add(Gate("sabotage", frozenset({"sabotage"}), {"sabotaged": Limit(at_most=0.05)}, _changed))
