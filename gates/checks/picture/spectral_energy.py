"""Detail must stay at every scale: one global figure lets the finest vanish unseen."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.sharpness import sharpness_change
from gates.metrics.texture.spectrum import BANDS, bands, power

FLOORS = {"upscale": 1.0, "deliver": 10.0}
"""Power, grey levels squared, added to both sides: the noise of 8-bit rounding; grain that an encoder may take."""


def measure(edit: Edit) -> Mapping[str, float]:
    """log2 of a band's power lost or gained, in the band where it is most.

    Of an enlargement only the bands that its input can fill may be lost; what it adds above them
    is recorded as ``upscale_band_gained`` and judged by other gates.
    """
    ours, theirs = (
        bands(power(plane)) + FLOORS[edit.transform] for plane in (edit.after_luma, edit.reference_luma)
    )
    change = np.log2(ours / theirs)
    filled = BANDS * max(edit.before.shape[:2]) // max(1, *edit.after.shape[:2])
    return {
        f"{edit.transform}_band_lost": max(0.0, -float(change[: max(1, filled)].min())),
        f"{edit.transform}_band_gained": max(0.0, float(change.max())),
    }


def where(edit: Edit) -> Box:
    """The tile whose fine detail changed most: spectra are of the whole picture."""
    change = sharpness_change(edit.reference_luma, edit.after_luma)
    return box_of_worst(np.abs(change), *edit.after.shape[:2])


GATE = Gate(
    name="spectral_energy",
    transforms=frozenset({"upscale", "deliver"}),
    limits={
        "upscale_band_lost": Limit(at_most=0.3),
        "deliver_band_lost": Limit(at_most=1.0),
        "deliver_band_gained": Limit(at_most=0.8),
    },
    measure=measure,
    where=where,
)
