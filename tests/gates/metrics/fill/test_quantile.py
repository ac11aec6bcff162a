"""Quantiles by nearest rank."""

import numpy as np

from gates.metrics.fill.quantile import median, quantiles


def test_quantiles_are_numpys_of_the_nearest_rank() -> None:
    values = np.random.default_rng(1).normal(0, 1, (3, 101))
    result = quantiles(values, 0.1, 0.5, 0.98, 1.0)
    expected = np.quantile(values, (0.1, 0.5, 0.98, 1.0), axis=1, method="nearest")
    assert np.array_equal(result, expected)


def test_the_median_is_one_of_the_values() -> None:
    assert median(np.array([4.0, 1.0, 3.0])) == 3.0
    assert median(np.array([4.0, 1.0, 3.0, 2.0])) in (2.0, 3.0)
