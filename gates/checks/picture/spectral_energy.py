"""Detail must stay at every scale. Separate frequency bands show a loss of the finest detail, a global figure not."""

from collections.abc import Mapping

import numpy as np

from gates.cells import box_of_worst
from gates.contract import Box, Gate, Limit
from gates.edit import Edit
from gates.metrics.texture.sharpness import sharpness_change
from gates.metrics.texture.spectrum import BANDS, bands, power

NOISE_FLOORS = {"upscale": 1.0, "deliver": 10.0}
"""Power (grey levels squared) added to both sides of the ratio, by transform. It covers the noise of 8-bit rounding,
and after delivery also grain that an encoder may remove."""


def measure(edit: Edit) -> Mapping[str, float]:
    """``…_band_lost`` and ``…_band_gained``: log2 of the power lost or gained in the band that changed most.

    For an enlargement, ``upscale_band_lost`` covers only the bands that the input can fill. Other gates judge the
    detail above them, which is recorded as ``upscale_band_gained``.
    """
    after, before = (
        bands(power(plane)) + NOISE_FLOORS[edit.transform] for plane in (edit.after_luma, edit.reference_luma)
    )
    change = np.log2(after / before)
    filled = BANDS * max(edit.before.shape[:2]) // max(1, *edit.after.shape[:2])
    return {
        f"{edit.transform}_band_lost": max(0.0, -float(change[: max(1, filled)].min())),
        f"{edit.transform}_band_gained": max(0.0, float(change.max())),
    }


def where(edit: Edit) -> Box:
    """The tile whose fine detail changed most. Spectra have no place, so sharpness stands in for them."""
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
