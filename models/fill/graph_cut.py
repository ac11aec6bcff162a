"""Labelling with smoothness costs by alpha expansion.

Boykov, Veksler and Zabih, "Fast approximate energy minimization via graph cuts", IEEE Transactions on Pattern
Analysis and Machine Intelligence 23(11), 2001.
"""

from typing import cast

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

BOUNDARY_COST = 6.0
"""Fixed cost of two neighbours with different labels (levels)."""
SWEEPS = 2
"""Number of passes over all labels."""
SCALE = 8
"""Integer capacities per level of cost."""
MAX_CAPACITY = 10**7


def alpha_expansion(costs: Floats, colours: Floats, first: Places, second: Places) -> Places:
    """[N] labels that approximately minimise the sum of all costs.

    Args:
        costs: [K, N] cost of each label at each place (levels).
        colours: [K, N, 3] colour of each label at each place; neighbours pay for differing colours.
        first, second: [E] places of each pair of neighbours.
    """
    count, size = costs.shape
    places = np.arange(size)

    def pair_costs(one: Places, other: Places) -> Floats:
        """[E] cost of each pair with these labels (Kwatra et al., "Graphcut textures", 2003)."""
        visible = sum(
            np.linalg.norm(colours[one, place] - colours[other, place], axis=-1) for place in (first, second)
        )
        return cast(Floats, np.where(one == other, 0, visible + BOUNDARY_COST))

    def energy(labels: Places) -> float:
        return float(costs[labels, places].sum() + pair_costs(labels[first], labels[second]).sum())

    labels = costs.argmin(axis=0)
    lowest = energy(labels)
    order = np.argsort(-np.bincount(labels, minlength=count), kind="stable")
    for label in [*order] * SWEEPS:
        alpha = np.full(len(first), label)
        current = pair_costs(labels[first], labels[second])
        after, before = pair_costs(labels[first], alpha), pair_costs(alpha, labels[second])
        gain = (costs[label] - costs[labels, places]).astype(np.float64)
        np.add.at(gain, first, before - current)
        np.add.at(gain, second, -before)
        switched = _min_cut(gain, np.maximum(after + before - current, 0), first, second)
        candidate = np.where(switched, label, labels)
        if (candidate_energy := energy(candidate)) < lowest - 1e-6:
            labels, lowest = candidate, candidate_energy
    return cast(Places, labels)


def _min_cut(gain: NDArray[np.float64], pairs: Floats, first: Places, second: Places) -> NDArray[np.bool_]:
    """[N] bool, True for places to switch.

    Args:
        gain: [N] cost of switching a place.
        pairs: [E] cost of switching only the second place of a pair.
        first, second: [E] places of each pair.
    """
    from scipy import sparse  # a second of imports, for the few photos with a hole
    from scipy.sparse import csgraph

    size = len(gain)
    source, sink = size, size + 1
    whole = np.clip(np.rint(gain * SCALE), -MAX_CAPACITY, MAX_CAPACITY).astype(np.int32)
    if not (whole < 0).any():
        return np.zeros(size, np.bool_)
    stay, leave = np.flatnonzero(whole > 0), np.flatnonzero(whole < 0)
    rows = np.concatenate([first, np.full(len(stay), source), leave])
    columns = np.concatenate([second, stay, np.full(len(leave), sink)])
    capacities = np.concatenate([np.rint(pairs * SCALE).astype(np.int32), whole[stay], -whole[leave]])
    positive = capacities > 0
    graph = sparse.csr_array(
        (capacities[positive], (rows[positive], columns[positive])), shape=(size + 2, size + 2)
    )
    residual = graph - csgraph.maximum_flow(graph, source, sink).flow
    residual.data = np.maximum(residual.data, 0)
    residual.eliminate_zeros()
    switched = np.ones(size + 2, np.bool_)
    switched[csgraph.breadth_first_order(residual, source, return_predecessors=False)] = False
    return cast(NDArray[np.bool_], switched[:size])
