"""Where software lays an overlay follows from some photos, and holds for photos of another format."""

import numpy as np
import pytest

from overlay.templates.placement import Habit, learn, places

WIDE, HIGH, SQUARE = (1200, 800), (800, 1200), (1000, 1000)


def corner_mark(photo: tuple[int, int]) -> list[float]:
    """A fifth of the long side wide, a fiftieth of it from the right and the lower edge."""
    unit = max(photo)
    right, bottom = photo[0] - 0.02 * unit, photo[1] - 0.02 * unit
    return [right - 0.2 * unit, bottom - 0.05 * unit, right, bottom]


def test_formats_that_differ_tell_the_unit_and_the_corner() -> None:
    photos = [WIDE, HIGH, SQUARE, WIDE, HIGH]
    best = learn(np.array([corner_mark(photo) for photo in photos]), photos)[0]
    assert (best.unit, best.x[0], best.y[0]) == ("long", "high", "high")
    assert best.size == pytest.approx(0.2)
    assert best.box((2000, 500), 0.25) == pytest.approx(np.array(corner_mark((2000, 500))))


def test_of_one_format_every_explanation_is_kept_and_one_of_them_holds_elsewhere() -> None:
    habits = learn(np.array([corner_mark(WIDE)] * 5), [WIDE] * 5)
    boxes = places(habits, HIGH, 0.25, 64)
    off = [np.abs(box - corner_mark(HIGH)).max() for box in boxes]
    assert min(off) < 40  # a fifth of its width, which is looked at around each
    assert len(boxes) < len(habits)


def test_no_more_places_are_named_than_asked_for() -> None:
    habits = learn(np.array([corner_mark(WIDE)] * 5), [WIDE] * 5)
    assert len(places(habits, HIGH, 0.25, 3)) == 3


def test_a_habit_survives_its_record() -> None:
    habit = Habit("short", 0.25, ("middle", 0.0), ("share", 0.9))
    assert Habit.of_fact(habit.as_fact()) == habit
