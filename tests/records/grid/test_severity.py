"""How far beyond its limit an image is flagged."""

import math

import pytest

from records.grid.severity import MAX_SEVERITY, severity


@pytest.mark.parametrize(
    ("value", "limit", "expected"),
    [
        (50.0, {"at_most": 40.0}, 0.25),
        (0.2, {"at_least": 0.8}, 0.75),
        (-3.0, {"at_most": -6.0}, 0.5),
        (0.1, {"at_least": 0.2, "at_most": 0.9}, 0.5),
        (0.1, {"at_most": 0.0}, MAX_SEVERITY),
        (None, {"at_most": 1.0}, MAX_SEVERITY),
        (math.nan, {"at_most": 1.0}, MAX_SEVERITY),
        (1e9, {"at_most": 1e-9}, MAX_SEVERITY),
    ],
)
def test_severity_is_the_distance_from_the_limit_as_a_share_of_it(
    value: float | None, limit: dict[str, float], expected: float
) -> None:
    assert severity([{"value": value, "limit": limit}]) == pytest.approx(expected)


def test_the_limit_that_is_broken_most_counts() -> None:
    limits = [{"value": 11.0, "limit": {"at_most": 10.0}}, {"value": 30.0, "limit": {"at_most": 10.0}}]
    assert severity(limits) == pytest.approx(2.0)


def test_an_image_that_broke_no_limit_has_no_severity() -> None:
    assert severity([]) == 0.0
    assert severity([{"code": "faint_text"}]) == 0.0
