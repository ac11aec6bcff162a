"""The registry that gates, models and transforms share."""

import pytest

from line.errors import SluiceError
from line.plugins.registry import Registry


class ColourError(SluiceError):
    """Raised when two colours have one name."""


class Colours(Registry[int]):
    kind = "colour"
    error = ColourError


def test_items_are_kept_by_name_in_order_of_addition() -> None:
    colours = Colours()
    colours.insert("red", 1)
    colours.insert("blue", 2)
    assert list(colours.items.items()) == [("red", 1), ("blue", 2)]


def test_a_name_that_is_taken_is_refused_and_changes_nothing() -> None:
    colours = Colours()
    colours.insert("red", 1)
    with pytest.raises(ColourError, match="two colours are named red"):
        colours.insert("red", 2)
    assert colours.items == {"red": 1}
