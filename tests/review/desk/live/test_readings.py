"""Histograms of readings: every image stands in the bar whose range holds its value."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records.live.recent_readings import StepReadings
from review.desk.live.readings import BARS, Bar, Histogram, histograms

VALUES = st.lists(st.floats(-1e6, 1e6) | st.integers(-5, 5).map(float), min_size=1, max_size=200)


def steps(values: list[float], reading: str = "rim") -> list[StepReadings]:
    """One step of each of so many images."""
    return [StepReadings(number, number, {reading: value}, ()) for number, value in enumerate(values)]


def holds(bar: Bar, value: float) -> bool:
    return (bar.at_least is None or bar.at_least <= value) and (bar.below is None or value < bar.below)


@given(VALUES)
@example([0.0, 5e-324])
def test_each_value_is_in_one_bar_and_in_the_right_one(values: list[float]) -> None:
    (histogram,) = histograms(steps(values))
    assert histogram.images == len(values)
    for bar in histogram.bars:
        assert sum(holds(bar, value) for value in values) == bar.images
    assert len(histogram.bars) <= 2 * BARS + 4


def test_an_outlier_does_not_squeeze_the_others_into_one_bar() -> None:
    (histogram,) = histograms(steps([number / 200 for number in range(200)] + [1e6]))
    assert len([bar for bar in histogram.bars if bar.images]) > BARS / 2
    assert histogram.bars[-1] == Bar(histogram.bars[-2].below, None, 1)


def test_of_several_steps_of_an_image_the_last_value_counts() -> None:
    first, second = StepReadings(1, 7, {"banding": 0.1}, ()), StepReadings(2, 7, {"banding": 0.9}, ())
    (histogram,) = histograms([first, second])
    assert histogram.images == 1
    assert holds(histogram.bars[0], 0.9)


def broken(code: str, **limit: float) -> Histogram:
    reason = {"code": code, "limit": {"at_most": None, "at_least": None} | limit}
    measured = [StepReadings(number, number, {"rim": float(number)}, ()) for number in range(100)]
    return histograms([*measured, StepReadings(100, 100, {"rim": 50.0}, [reason])])[0]


@pytest.mark.parametrize(("end", "limit"), [("at_most", 45.0), ("at_least", 45.0)])
def test_bars_beyond_the_limit_that_was_broken_stand_out(end: str, limit: float) -> None:
    histogram = broken("seam.rim", **{end: limit})
    assert (histogram.gate, histogram.broken, histogram.limit) == ("seam", 1, {end: limit})
    beyond = [bar for bar in histogram.bars if bar.is_beyond]
    within = [bar for bar in histogram.bars if not bar.is_beyond]
    assert beyond
    assert within
    for bar in beyond:
        edge = bar.at_least if end == "at_most" else bar.below
        assert edge is not None
        assert edge >= limit if end == "at_most" else edge <= limit


def test_readings_whose_limits_were_broken_come_first_and_what_is_no_number_is_left_out() -> None:
    reason = {"code": "seam.rim", "limit": {"at_most": 1.0}}
    both = histograms([StepReadings(1, 1, {"aspect": 1.0, "rim": 2.0, "lost": None}, [reason])])
    assert [each.reading for each in both] == ["rim", "aspect"]
