"""The bound on bad pictures holds at every look, and is close to what one look could say."""

import math
from functools import cache
from random import Random

import pytest

from records.spot_checks.bound import ALPHA, upper_bound

RUNS = 400


@cache
def bound_of(count: int, bad: int) -> float:
    """In a large population the order does not matter."""
    return upper_bound([True] * bad + [False] * (count - bad))


def one_look_bound(count: int, bad: int) -> float:
    """Clopper and Pearson (1934), by bisection: valid for a number of pictures that was fixed before."""
    low, high = bad / count, 1.0
    for _ in range(40):
        share = (low + high) / 2
        tail = sum(math.comb(count, k) * share**k * (1 - share) ** (count - k) for k in range(bad + 1))
        low, high = (low, share) if tail <= ALPHA else (share, high)
    return high


def missed(bound: object, share: float, seed: int, looks: int = 300) -> float:
    """Share of runs in which the bound was below the true share at any look."""
    misses = 0
    for run in range(RUNS):
        random, bad = Random(f"{seed}:{run}"), 0
        for count in range(1, looks + 1):
            bad += random.random() < share
            if bound(count, bad) < share:  # type: ignore[operator]
                misses += 1
                break
    return misses / RUNS


@pytest.mark.parametrize("share", [0.005, 0.02, 0.1, 0.4])
def test_the_bound_holds_at_all_looks_together_in_95_of_100_runs(share: float) -> None:
    assert missed(bound_of, share, seed=1) <= ALPHA


def test_a_bound_for_one_look_does_not_hold_for_many() -> None:
    assert missed(cache(one_look_bound), 0.1, seed=1, looks=150) > 2 * ALPHA


@pytest.mark.parametrize("bad", [1, 4, 12])
def test_the_bound_holds_at_all_looks_at_a_small_batch(bad: int) -> None:
    population, misses = 30, 0
    for run in range(RUNS):
        pictures = [True] * bad + [False] * (population - bad)
        Random(f"{bad}:{run}").shuffle(pictures)
        bounds = (upper_bound(pictures[:count], population) for count in range(1, population + 1))
        misses += any(bound < bad / population for bound in bounds)
    assert misses / RUNS <= ALPHA


def test_without_a_bad_picture_it_is_little_above_what_one_look_gives() -> None:
    assert upper_bound([False] * 300) == pytest.approx(0.0112, abs=2e-4)
    assert one_look_bound(300, 0) == pytest.approx(0.00994, abs=1e-4)


def test_a_batch_that_was_judged_as_a_whole_leaves_no_doubt() -> None:
    assert upper_bound([False, True, False, False], population=4) == 0.25
    assert upper_bound([False] * 50, population=50) == 0.0


def test_a_large_population_is_as_one_without_end() -> None:
    judged = [number in (40, 90) for number in range(200)]
    assert upper_bound(judged, population=1_000_000) == pytest.approx(upper_bound(judged), abs=1e-4)


def test_the_bound_is_never_below_what_was_observed_and_is_1_without_a_look() -> None:
    assert upper_bound([]) == upper_bound([], population=10) == 1.0
    assert upper_bound([True] * 20) == 1.0
    for bad in range(0, 50, 7):
        assert upper_bound([True] * bad + [False] * (50 - bad)) > bad / 50
