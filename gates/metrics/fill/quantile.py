"""Quantiles of many short lists of figures, where NumPy's own spend most of their time on what is around them."""

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray


def quantiles(values: NDArray[Any], *shares: float) -> NDArray[Any]:
    """[shares, ...] the values of [..., N] that so many (0..1) are not above: the nearest rank, none between two."""
    last = values.shape[-1] - 1
    if len(shares) == 1:
        rank = round(shares[0] * last)
        return cast(NDArray[Any], np.partition(values, rank, axis=-1)[None, ..., rank])
    ranks = [round(share * last) for share in shares]
    ordered = np.partition(values, sorted(set(ranks)), axis=-1)
    return np.stack([ordered[..., rank] for rank in ranks])


def median(values: NDArray[Any]) -> float:
    """The middle one of ``values`` [N], one of both middle ones of an even number."""
    return float(quantiles(values, 0.5)[0])
