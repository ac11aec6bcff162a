"""Paths of delivered files and of their renditions: no image ever writes over another's."""

import pytest

from line.delivery import rendition_paths
from line.names import fold
from line.recipe import Recipe, parse
from tests.harness import db_builders

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


@pytest.fixture
def with_renditions() -> Recipe:
    return parse(
        'name = "shop"\n[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "deliver"\n'
        '[[steps.renditions]]\nname = "{stem}-800.jpg"\n'
        '[[steps.renditions]]\nname = "{sku}-{stem}.webp"\n'
    )


def files_of(recipe: Recipe, *names: str) -> dict[str, str]:
    batch = db_builders.batch([db_builders.named(name) for name in names], recipe)
    return {row.name: row.file for row in db_builders.rows(batch)}


@pytest.mark.parametrize(
    "names",
    [
        ("a.jpg", "a-800.jpg"),
        ("a-800.jpg", "a.jpg", "a-800~2.jpg"),
        ("x/a.jpg", "x/A-800.JPG", "a-800.jpg"),
        ("a.jpg", "a-800.jpg", "a-800-800.jpg", "a-800-800-800.jpg"),
    ],
)
def test_no_rendition_has_the_path_of_another_images_file(
    names: tuple[str, ...], with_renditions: Recipe
) -> None:
    delivery = with_renditions.steps[-1].params
    files = files_of(with_renditions, *names)
    paths = [fold(path) for file in files.values() for path in (file, *rendition_paths(delivery, file))]
    assert len(set(paths)) == len(paths)
    assert any(name == file for name, file in files.items()), "the first keeps its name"


def test_without_a_collision_every_file_keeps_its_name(with_renditions: Recipe) -> None:
    assert files_of(with_renditions, "a.jpg", "b.jpg", "x/a.jpg") == {
        "a.jpg": "a.jpg",
        "b.jpg": "b.jpg",
        "x/a.jpg": "x/a.jpg",
    }


def test_without_renditions_names_that_look_like_one_stay() -> None:
    names = ("a.jpg", "a-800.jpg")
    assert files_of(db_builders.recipe_of(), *names) == dict(zip(names, names, strict=True))
