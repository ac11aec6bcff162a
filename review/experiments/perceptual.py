"""Perceptual distance of two pictures: LPIPS if its weights are available, else GMSD."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, cast

import cv2
import numpy as np

from gates.metrics.similarity.gmsd import gmsd
from line.errors import ModelError
from line.picture import Rgb
from models.contract import Perceptual, Task
from worker.model_cache import ModelCache

log = logging.getLogger(__name__)

Measure: TypeAlias = Callable[[Rgb, Rgb], float]

DEFAULT = "lpips_alex"
"""The backbone that the LPIPS paper reports, and the fastest on a CPU."""


@dataclass(frozen=True, slots=True)
class Distance:
    """A distance with its name, because values of different distances are not comparable.

    Attributes:
        name: such as ``lpips_alex`` or ``gmsd``.
        between: function from two [H, W, 3] uint8 pictures of one size to their distance; 0 if they are equal.
        instead_of: reason why it replaces the wanted distance, in one line; "" if it does not.
    """

    name: str
    between: Measure
    instead_of: str = ""


def distance(models: ModelCache, wanted: str = DEFAULT) -> Distance:
    """The distance called ``wanted``, or GMSD with a logged warning if its model is not ready.

    Raises:
        ModelError: there is no such distance.
    """
    problem = models.registry.refreshed().get(wanted, Task.PERCEPTUAL).missing()
    if problem is None:
        try:
            return Distance(wanted, cast(Perceptual, models.get(wanted, Task.PERCEPTUAL)).distance)
        except ModelError as error:
            problem = str(error)
    line = f"{wanted} is not ready ({problem}): distances are GMSD, which needs no weights"
    log.warning("%s", line)
    return Distance("gmsd", _gmsd, line)


def _gmsd(before: Rgb, after: Rgb) -> float:
    if before.shape != after.shape:
        raise ModelError(f"gmsd compares pictures of one size, not {before.shape} and {after.shape}")
    planes = (cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32) for rgb in (before, after))
    return gmsd(*planes)
