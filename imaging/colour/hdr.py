"""PQ and HLG pictures for an SDR screen: decoded to display light, then rolled off above SDR white.

SDR white is 203 cd/m² (ITU-R BT.2408). What a picture keeps at or below it is shown unchanged; brighter
parts are compressed by the knee of BT.2390 (section 5.4.1, Hermite spline), from the picture's own peak
down to white. The curve acts on max(R, G, B), so that hues stay.
"""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

Linear = NDArray[np.float32]
"""[H, W, 3] float32 linear light; 1 is SDR white."""

SDR_WHITE: Final = 203.0
_PQ_PEAK: Final = 10_000.0
_HLG_PEAK: Final = 1_000.0
_HLG_GAMMA: Final = 1.2
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_BT2020_LUMA: Final = np.array([0.2627, 0.6780, 0.0593], np.float32)
_PEAK_QUANTILE: Final = 0.9995
"""Share of the pixels at or below the peak: single specular pixels do not darken the picture."""
_MIN_HEADROOM: Final = 1.02
"""Peak, in multiples of SDR white, up to which nothing is compressed."""


def decoded(coded: NDArray[np.float64], transfer: str) -> NDArray[np.float64]:
    """Signal 0..1 as linear light: PQ (SMPTE ST 2084) in multiples of SDR white, HLG (BT.2100) as scene light 0..1."""
    if transfer == "pq":
        power = coded ** (1 / _M2)
        nits = _PQ_PEAK * (np.maximum(power - _C1, 0) / (_C2 - _C3 * power)) ** (1 / _M1)
        return np.asarray(nits / SDR_WHITE)
    return np.where(coded <= 0.5, coded**2 / 3, (np.exp((coded - _C) / _A) + _B) / 12)


def displayed(linear: Linear, transfer: str) -> Linear:
    """Display light in multiples of SDR white; HLG passes its OOTF for a screen of 1,000 cd/m² (BT.2100)."""
    if transfer == "pq":
        return linear
    luminance = np.maximum(linear @ _BT2020_LUMA, np.float32(1e-6))
    gain = luminance ** np.float32(_HLG_GAMMA - 1) * np.float32(_HLG_PEAK / SDR_WHITE)
    return np.asarray(linear * gain[..., None], np.float32)


def peak(linear: Linear, transfer: str) -> float:
    """The brightest channel that is no outlier, in multiples of SDR white."""
    brightest = displayed(linear, transfer).max(axis=-1)
    return float(np.quantile(brightest, _PEAK_QUANTILE))


def roll_off(peak_light: float) -> Callable[[Linear], Linear]:
    """A function that compresses light 0..``peak_light`` to 0..1; the identity where there is no headroom."""
    if peak_light <= _MIN_HEADROOM:
        return lambda linear: linear
    top = float(_pq(np.array(peak_light)))
    white = float(_pq(np.array(1.0))) / top
    knee = max(1.5 * white - 0.5, 0.0)
    levels = np.linspace(0, 1, 4096)
    t = np.clip((levels - knee) / (1 - knee), 0, 1)
    spline = (
        (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * white
    )
    mapped = np.where(levels < knee, levels, spline)
    light = np.asarray(decoded(levels * top, "pq"))
    target = np.asarray(decoded(mapped * top, "pq"))

    def curve(linear: Linear) -> Linear:
        brightest = np.maximum(linear.max(axis=-1), np.float32(1e-6))
        gain = np.interp(brightest, light, target) / brightest
        return np.asarray(linear * gain[..., None], np.float32)

    return curve


def _pq(light: NDArray[np.float64]) -> NDArray[np.float64]:
    """PQ signal of light in multiples of SDR white."""
    power = (light * SDR_WHITE / _PQ_PEAK) ** _M1
    return np.asarray(((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2)
