"""How different two pictures look: by LPIPS where its weights are here, else by a measure that needs none."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from gates.metrics.similarity.gmsd import gmsd
from line.errors import ModelError
from line.picture import Rgb
from models.contract import Perceptual, Task, registry
from worker.model_cache import ModelCache

log = logging.getLogger(__name__)

Measure: TypeAlias = Callable[[Rgb, Rgb], float]

WISHED = "lpips_alex"
"""The backbone of the LPIPS paper's own figures, and the quickest on a CPU."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance under its own name: figures of two kinds are never mixed up.

    Attributes:
        name: such as ``lpips_alex``, or ``gmsd``.
        between: two pictures [H, W, 3] uint8 of one size to a number, 0 for equal ones.
        instead_of: why it is not the one wished for, in one line; "" where it is.
    """

    name: str
    between: Measure
    instead_of: str = ""


def distance(models: ModelCache, wished: str = WISHED) -> Distance:
    """The distance called ``wished``; GMSD where that is not ready, which is said and logged once.

    Raises:
        ModelError: no such distance is known at all.
    """
    lack = registry().get(wished, Task.PERCEPTUAL).missing()
    if lack is None:
        try:
            return Distance(wished, cast(Perceptual, models.get(wished, Task.PERCEPTUAL)).distance)
        except ModelError as error:
            lack = str(error)
    line = f"{wished} is not ready ({lack}): distances are GMSD, which needs no weights"
    log.warning("%s", line)
    return Distance("gmsd", _gmsd, line)


def _gmsd(before: Rgb, after: Rgb) -> float:
    if before.shape != after.shape:
        raise ModelError(f"gmsd compares pictures of one size, not {before.shape} and {after.shape}")
    planes = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) for rgb in (before, after))
    return gmsd(*planes)
