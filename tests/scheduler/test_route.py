"""From an image's facts to the chain it travels next."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from line.facts import Facts
from line.recipe import Recipe
from models.contract import build as build_models
from scheduler.route import certain_queues, megapixels, route, size_class
from tasks.recipes import check
from tasks.registry import build
from tests.harness.context import load

KNOWN = build()
LARGE: dict[str, Any] = {"width": 2000, "height": 1500}
SMALL: dict[str, Any] = {"width": 500, "height": 400}


def plain(*steps: str) -> Recipe:
    text = 'name = "r"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in steps)
    return check(text, "r.toml", KNOWN, build_models())


def chain(recipe: Recipe, position: int, facts: dict[str, Any]) -> tuple[str, ...]:
    return route(recipe, position, Facts.from_json(facts), KNOWN).transforms


@pytest.mark.parametrize(
    ("position", "facts", "expected"),
    [
        (0, {}, ("admit", "find_text")),
        (2, LARGE, ("deliver",)),
        (2, SMALL, ("upscale", "deliver")),
        (2, LARGE | {"masked": True}, ("erase_text", "deliver")),
        (2, SMALL | {"masked": True}, ("erase_text", "upscale", "deliver")),
        (2, SMALL | {"masked": False}, ("upscale", "deliver")),
        (3, SMALL | {"masked": True}, ("upscale", "deliver")),
        (3, LARGE, ("deliver",)),
        (4, SMALL, ("deliver",)),
        (1, SMALL, ("find_text",)),
    ],
)
def test_the_catalog_recipe_sends_each_image_where_it_needs_to_go(
    position: int, facts: dict[str, Any], expected: tuple[str, ...]
) -> None:
    recipe = load("catalog")
    taken = route(recipe, position, Facts.from_json(facts), KNOWN)
    assert taken.transforms == expected
    assert set(certain_queues(recipe, position, KNOWN)) <= set(taken.queues)


def test_the_queues_that_are_certain_are_known_without_any_facts() -> None:
    recipe = load("catalog")
    at = [certain_queues(recipe, position, KNOWN) for position in range(5)]
    assert at == [("admit", "find_text"), ("find_text",), ("deliver",), ("deliver",), ("deliver",)]


def test_nothing_is_planned_on_facts_that_admission_has_yet_to_find() -> None:
    recipe = plain("admit", "upscale", "deliver")
    assert chain(recipe, 0, {}) == ("admit",)
    assert chain(recipe, 1, SMALL) == ("upscale", "deliver")
    assert chain(recipe, 1, LARGE) == ("deliver",)


def test_steps_that_every_image_needs_travel_in_one_chain() -> None:
    assert chain(plain("admit", "deliver"), 0, {}) == ("admit", "deliver")


def test_a_route_names_positions_and_queues_beside_transforms() -> None:
    positions = route(load("catalog"), 2, Facts.from_json(SMALL), KNOWN)
    assert (positions.positions, positions.queues) == ((3, 4), ("upscale", "deliver"))
    assert positions.rest(1).transforms == ("deliver",)


@given(st.integers(1, 20_000), st.integers(1, 20_000))
def test_images_of_one_size_class_differ_by_a_factor_of_two_at_most(width: int, height: int) -> None:
    pixels = megapixels(Facts(width=width, height=height), 1)
    upper = 2.0 ** size_class(pixels)
    assert pixels <= upper * (1 + 1e-9)
    assert pixels > upper / 2 or upper == 0.25


@given(st.integers(0, 10**9))
def test_an_image_that_nobody_has_decoded_has_a_size_by_its_bytes(size: int) -> None:
    assert megapixels(Facts(), size) >= 0.01
    assert megapixels(Facts(), size) <= megapixels(Facts(), size + 10_000)
