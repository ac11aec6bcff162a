"""Test-only transforms that a worker loads by ``SLUICE_PLUGINS``: they ruin, kill, hang and dawdle on purpose."""

import hashlib
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from gates.contract import Gate, Limit, registry
from gates.edit import Edit
from line.picture import Edited, Outcome, Picture
from tasks.transform import transform


def share_of(name: str) -> float:
    """A number in 0..1 that hangs on the name alone."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") / 2**32


class SabotageParams(BaseModel):
    """What to break, and on which pictures.

    Attributes:
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

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    ruin: float = 0.0
    switch: str = ""
    seconds: float = 0.0
    trace: str = ""
    deadly: str = ""
    death: int = 9
    room: int = 0
    huge: str = ""
    hang: str = ""
    lost: str = ""


@transform(queue="erase_text", params=SabotageParams)
def sabotage(pictures: list[Picture], model: object, **params: Any) -> list[Outcome]:
    """Paint over a share of the pictures while the file ``switch`` exists; die on names with ``deadly``."""
    wanted = SabotageParams(**params)
    is_huge = wanted.huge and any(wanted.huge in picture.name for picture in pictures)
    if is_huge or (wanted.room and len(pictures) > wanted.room):
        raise MemoryError
    for picture in pictures:
        if wanted.hang and wanted.hang in picture.name:
            time.sleep(3600)
        if wanted.lost and wanted.lost in picture.name:
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
    return [_one(picture, wanted) for picture in pictures]


def _one(picture: Picture, params: SabotageParams) -> Outcome:
    if params.trace:
        with Path(params.trace).open("a") as file:
            file.write(picture.name + "\n")
    if params.deadly and params.deadly in picture.name:
        signal.signal(signal.SIGSEGV, signal.SIG_DFL)
        os.kill(os.getpid(), params.death)
    if params.seconds:
        time.sleep(params.seconds)
    rgb = picture.rgb.copy()
    rgb[0, 0] ^= 1  # an edit that every gate lets pass
    if share_of(picture.name) < params.ruin and (not params.switch or Path(params.switch).exists()):
        rgb[:] = 127
    return Edited(picture.with_(rgb=rgb))


def _changed(edit: Edit) -> dict[str, float]:
    return {"sabotaged": float(np.mean(edit.before != edit.after))}


if "sabotage" not in registry().gates:
    registry().add(Gate("sabotage", frozenset({"sabotage"}), {"sabotaged": Limit(at_most=0.05)}, _changed))
