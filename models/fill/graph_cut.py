"""Which of several choices each place takes, so that neighbours agree.

Alpha expansion: Boykov, Veksler and Zabih, "Fast approximate energy minimization via graph cuts", IEEE
Transactions on Pattern Analysis and Machine Intelligence 23(11), 2001.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

CHANGE = 6.0
"""Cost of two neighbours with different choices, in levels, besides what is seen of it."""
SWEEPS = 2
FINENESS = 8
"""Capacities are whole numbers: parts of a level."""
LARGEST = 10**7


def expanded(costs: Floats, colours: Floats, first: Places, second: Places) -> Places:
    """The choice of each of N places.

    Args:
        costs: [K, N], of each choice at each place.
        colours: [K, N, 3], what each choice shows at each place; neighbours pay for what differs there.
        first, second: [E] the places of each pair of neighbours.
    """
    count, size = costs.shape
    places = np.arange(size)

    def apart(ours: Places, theirs: Places) -> Floats:
        """Cost of each pair, its two places with these choices (Kwatra et al., "Graphcut textures", 2003)."""
        seen = sum(np.linalg.norm(colours[ours, at] - colours[theirs, at], axis=-1) for at in (first, second))
        return cast(Floats, np.where(ours == theirs, 0, seen + CHANGE))

    def energy(choice: Places) -> float:
        return float(costs[choice, places].sum() + apart(choice[first], choice[second]).sum())

    choice = costs.argmin(axis=0)
    least = energy(choice)
    order = np.argsort(-np.bincount(choice, minlength=count), kind="stable")
    for number in [*order] * SWEEPS:
        this = np.full(len(first), number)
        kept = apart(choice[first], choice[second])
        after, before = apart(choice[first], this), apart(this, choice[second])
        gain = (costs[number] - costs[choice, places]).astype(np.float64)
        np.add.at(gain, first, before - kept)
        np.add.at(gain, second, -before)
        taken = _cut(gain, np.maximum(after + before - kept, 0), first, second)
        tried = np.where(taken, number, choice)
        if (now := energy(tried)) < least - 1e-6:
            choice, least = tried, now
    return cast(Places, choice)


def _cut(gain: NDArray[np.float64], pairs: Floats, first: Places, second: Places) -> NDArray[np.bool_]:
    """Which places to switch: each costs ``gain``, and each pair with only its second switched ``pairs``."""
    size = len(gain)
    source, sink = size, size + 1
    whole = np.clip(np.rint(gain * FINENESS), -LARGEST, LARGEST).astype(np.int32)
    if not (whole < 0).any():
        return np.zeros(size, np.bool_)
    stay, leave = np.flatnonzero(whole > 0), np.flatnonzero(whole < 0)
    rows = np.concatenate([first, np.full(len(stay), source), leave])
    columns = np.concatenate([second, stay, np.full(len(leave), sink)])
    held = np.concatenate([np.rint(pairs * FINENESS).astype(np.int32), whole[stay], -whole[leave]])
    some = held > 0
    graph = sparse.csr_array((held[some], (rows[some], columns[some])), shape=(size + 2, size + 2))
    rest = graph - csgraph.maximum_flow(graph, source, sink).flow
    rest.data = np.maximum(rest.data, 0)
    rest.eliminate_zeros()
    switched = np.ones(size + 2, np.bool_)
    switched[csgraph.breadth_first_order(rest, source, return_predecessors=False)] = False
    return cast(NDArray[np.bool_], switched[:size])
