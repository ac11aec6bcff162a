"""What every registered model must do, whoever wrote it."""

import inspect

import numpy as np
import pytest

from line.errors import ModelError
from models.contract import Filler, Model, ModelRegistry, Task, TextFinder, Upscaler, build

REGISTRY = build()
EVERY = list(REGISTRY.models.values())
SHAPES = [(1, 1), (7, 300), (33, 20), (120, 90)]


def ready(kind: type[Model]) -> list[type[Model]]:
    return [model for model in EVERY if issubclass(model, kind) and model.missing() is None]


def loaded(model: type[Model]) -> Model:
    created = model()
    created.load()
    return created


def noisy(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), np.uint8)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_a_model_says_what_it_is_and_where_it_comes_from(model: type[Model]) -> None:
    assert model.task in Task
    assert all(getattr(model, word) for word in ("name", "licence", "source", "revision"))
    assert not inspect.isabstract(model)


@pytest.mark.parametrize("model", EVERY, ids=lambda model: model.name)
def test_a_model_that_is_not_ready_says_how_to_mend_it(model: type[Model]) -> None:
    lacking = model.missing()
    assert lacking is None or len(lacking) > 10


def test_a_name_is_registered_once() -> None:
    some = EVERY[0]
    fresh = ModelRegistry()
    fresh.add(some)
    with pytest.raises(ModelError, match=some.name):
        fresh.add(some)
    assert fresh.models == {some.name: some}


def test_a_model_asked_for_by_a_wrong_name_is_refused_with_the_right_ones() -> None:
    with pytest.raises(ModelError, match="telea"):
        REGISTRY.get("photoshop", Task.FILL)
    with pytest.raises(ModelError, match="a model for upscale, not for fill"):
        REGISTRY.get("lanczos", Task.FILL)


@pytest.mark.parametrize("model", ready(TextFinder), ids=lambda model: model.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_finder_takes_any_shape_and_finds_nothing_in_one_colour(
    model: type[TextFinder], shape: tuple[int, int]
) -> None:
    finder = loaded(model)
    assert isinstance(finder, TextFinder)
    assert finder.find(np.full((*shape, 3), 200, np.uint8), limit=640) == []


@pytest.mark.parametrize("model", ready(Filler), ids=lambda model: model.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_a_filler_takes_any_shape_and_an_empty_or_a_full_mask(
    model: type[Filler], shape: tuple[int, int]
) -> None:
    filler, photo = loaded(model), noisy(*shape)
    assert isinstance(filler, Filler)
    before = photo.copy()
    for value in (0, 255):
        filled = filler.fill(photo, np.full(shape, value, np.uint8), seed=1)
        assert filled.shape == photo.shape
        assert filled.dtype == np.uint8
    assert np.array_equal(photo, before), "the input was changed in place"


@pytest.mark.parametrize("model", ready(Filler), ids=lambda model: model.name)
def test_a_filler_gives_the_same_for_the_same_seed(model: type[Filler]) -> None:
    filler, photo = loaded(model), noisy(60, 80)
    assert isinstance(filler, Filler)
    mask = np.zeros((60, 80), np.uint8)
    mask[20:30, 15:60] = 255
    first, second = filler.fill(photo, mask, seed=3), filler.fill(photo, mask, seed=3)
    assert np.array_equal(first, second) or not model.deterministic


@pytest.mark.parametrize("model", ready(Filler), ids=lambda model: model.name)
def test_a_filler_leaves_no_trace_on_one_colour(model: type[Filler]) -> None:
    filler = loaded(model)
    assert isinstance(filler, Filler)
    photo = np.full((60, 80, 3), (250, 240, 10), np.uint8)
    mask = np.zeros((60, 80), np.uint8)
    mask[20:30, 15:60] = 255
    written = photo.copy()
    written[mask > 0] = 0
    filled = filler.fill(written, mask, seed=3)
    assert np.abs(filled.astype(int) - photo).max() <= 2  # Telea rounds down twice


@pytest.mark.parametrize("model", ready(Upscaler), ids=lambda model: model.name)
@pytest.mark.parametrize("shape", SHAPES)
def test_an_upscaler_gives_exactly_the_size_asked_for(model: type[Upscaler], shape: tuple[int, int]) -> None:
    enlarger = loaded(model)
    assert isinstance(enlarger, Upscaler)
    size = (shape[1] * 3 + 1, shape[0] * 2 + 1)
    large = enlarger.upscale(noisy(*shape), size, seed=0)
    assert large.shape == (size[1], size[0], 3)
    assert large.dtype == np.uint8


@pytest.mark.parametrize("model", ready(Upscaler), ids=lambda model: model.name)
def test_an_upscaler_keeps_one_colour_as_it_is(model: type[Upscaler]) -> None:
    enlarger = loaded(model)
    assert isinstance(enlarger, Upscaler)
    photo = np.full((20, 30, 3), (255, 128, 3), np.uint8)
    large = enlarger.upscale(photo, (75, 50), seed=0)
    assert np.abs(large.astype(int) - photo[0, 0]).max() <= 1
