"""Edges of a picture by their direction alone: what an overlay's outline keeps on whatever ground it lies."""

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from line.picture import Rgb

Edges: TypeAlias = NDArray[np.float32]
"""[h, w, 2] float32: cosine and sine of twice the angle of the steepest change, times how much it stands out, 0..1."""
SOFT = 0.8
"""Sigma of the blur before changes are taken, pixels."""
AROUND = 8.0
"""Sigma over which an edge is set against the changes around it, pixels."""
QUIET = 3.0
"""Levels a pixel of change that count as none: noise of a plain ground has no direction."""


def edges(rgb: Rgb) -> Edges:
    """The edges of ``rgb`` [h, w, 3] uint8.

    With the angle doubled, an edge from dark to light is that from light to dark (Granlund, 1978): white letters
    have the same outline on a dark ground as on a lighter one. Each is divided by what changes around it, so that
    texture counts no more than an outline on a plain wall.
    """
    soft = cv2.GaussianBlur(rgb.astype(np.float32), (0, 0), SOFT)
    across, down = (cv2.Scharr(soft, cv2.CV_32F, *way) / 32 for way in ((1, 0), (0, 1)))
    steep = across**2 + down**2
    strongest = steep.argmax(axis=2)[..., None]
    x, y, square = (np.take_along_axis(one, strongest, axis=2)[..., 0] for one in (across, down, steep))
    change = np.sqrt(square)
    usual = cv2.GaussianBlur(change, (0, 0), AROUND)
    weight = change / (change + usual + QUIET) / np.maximum(square, 1e-6)
    return np.dstack([(x**2 - y**2) * weight, 2 * x * y * weight]).astype(np.float32)


def strength(outline: Edges) -> NDArray[np.float32]:
    """[h, w] 0..1: how much each stands out; of a mean of several, how far they agree."""
    return np.asarray(np.hypot(outline[..., 0], outline[..., 1]), np.float32)


def agreement(photo: Edges, wanted: Edges) -> NDArray[np.float32]:
    """How well ``wanted`` fits at each place of ``seen``, -1..1: about 0 by chance, whatever the ground.

    [H - h + 1, W - w + 1], the mean over the wanted edges, each counting as it stands out.
    """
    total = float(strength(wanted).sum())
    return np.asarray(cv2.matchTemplate(photo, wanted / max(total, 1e-6), cv2.TM_CCORR), np.float32)
