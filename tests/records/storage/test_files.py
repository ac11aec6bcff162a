"""Paths of delivered files and of their renditions: no image ever writes over another's."""

import pytest

from line.delivery import rendition_paths
from line.errors import InputError
from line.filenames.names import fold
from line.recipe import Recipe, parse
from records import decisions, recipes
from tests.harness import db_builders
from tests.harness.context import transact

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]


def recipe_with(*names: str) -> Recipe:
    text = 'name = "shop"\n[[steps]]\ntransform = "admit"\n[[steps]]\ntransform = "deliver"\n'
    return parse(text + "".join(f'[[steps.renditions]]\nname = "{name}"\n' for name in names))


@pytest.fixture
def with_renditions() -> Recipe:
    return recipe_with("{stem}-800.jpg", "{sku}-{stem}.webp")


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


COUNTED = recipe_with("{sku}_{counter}.jpg", "{stem}-{counter}.webp")


def counters_of(recipe: Recipe, *names: str) -> dict[str, int]:
    batch = db_builders.batch([db_builders.named(name) for name in names], recipe)
    return {row.name: row.facts["counter"] for row in db_builders.rows(batch)}


def test_photos_are_counted_by_folder_and_sku_in_the_order_of_their_names() -> None:
    counters = counters_of(COUNTED, "hat_side.jpg", "hat_back.jpg", "bag.jpg", "x/HAT_a.jpg", "Hat_z.jpg")
    assert counters == {"Hat_z.jpg": 1, "hat_back.jpg": 2, "hat_side.jpg": 3, "bag.jpg": 1, "x/HAT_a.jpg": 1}


def test_the_order_in_which_files_are_listed_does_not_change_their_counters() -> None:
    names = ["hat_a.jpg", "hat_b.jpg", "hat_c.png", "bag_a.jpg"]
    assert counters_of(COUNTED, *names) == counters_of(COUNTED, *reversed(names))


def test_without_a_counter_in_a_name_nothing_is_counted(with_renditions: Recipe) -> None:
    batch = db_builders.batch([db_builders.named("a.jpg")], with_renditions)
    assert [row.facts for row in db_builders.rows(batch)] == [{}]


def test_a_file_with_the_name_of_a_counted_rendition_makes_way() -> None:
    names = ("hat_01.jpg", "hat_02.jpg", "hat_x.jpg")
    batch = db_builders.batch([db_builders.named(name) for name in names], COUNTED)
    rows, delivery = db_builders.rows(batch), COUNTED.steps[-1].params
    renditions = [rendition_paths(delivery, row.file, row.facts["counter"]) for row in rows]
    paths = [path for row, beside in zip(rows, renditions, strict=True) for path in (row.file, *beside)]
    assert [beside[0] for beside in renditions] == ["hat_01.jpg", "hat_02.jpg", "hat_03.jpg"]
    assert len({fold(path) for path in paths}) == len(paths)


def test_two_skus_whose_counted_renditions_coincide_are_refused_by_name() -> None:
    joined = recipe_with("{sku}{counter}.jpg")
    names = [f"a_{number:03}.jpg" for number in range(101)] + ["a1_x.jpg"]
    with pytest.raises(InputError, match=r"a_100\.jpg and of a1_x\.jpg|a1_x\.jpg and of a_100\.jpg"):
        db_builders.batch([db_builders.named(name) for name in names], joined)


def test_an_image_whose_own_renditions_coincide_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"hat_b\.jpg"):
        counters_of(recipe_with("{stem}-{counter}.webp", "{stem}-02.webp"), "hat_a.jpg", "hat_b.jpg")


def test_a_requeued_image_keeps_its_counter_and_gets_one_where_only_its_new_recipe_counts() -> None:
    def requeue(image: int, recipe: Recipe | None = None) -> int:
        if recipe is not None:
            transact(lambda connection: recipes.save(connection, recipe))
        digest = None if recipe is None else recipe.digest
        transact(lambda connection: decisions.requeue(connection, image, recipe=digest), actor="person:ada")
        (row,) = (row for row in db_builders.rows(batch) if row.id == image)
        return int(row.facts["counter"])

    files = [db_builders.named(name) for name in ("hat_a.jpg", "hat_b.jpg")]
    batch = db_builders.delivered(files, COUNTED)
    second = db_builders.rows(batch)[1].id
    assert requeue(second) == 2
    batch = db_builders.delivered(files)
    second = db_builders.rows(batch)[1].id
    assert requeue(second, COUNTED) == 2
