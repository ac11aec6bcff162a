"""What every registered transform must do, whoever wrote it."""

import importlib
import inspect
from typing import Any

import cv2
import numpy as np
import pytest

from gates.contract import registry as gates
from imaging.codec import Codec
from line.facts import Facts
from line.picture import Edited, Original, Outcome, Picture, Publishable
from models.contract import build as build_models
from tasks.registry import build
from tasks.transform import Transform
from worker.queues import Queue

EVERY = list(build().transforms.values())
MODELS = build_models()
FACTS = Facts(width=400, height=300, masked=True)

each = pytest.mark.parametrize("transform", EVERY, ids=lambda transform: transform.name)


def photo(seed: int = 1, height: int = 300, width: int = 400) -> np.ndarray:
    small = np.random.default_rng(seed).integers(40, 216, (7, 9, 3), np.uint8)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


def subject(transform: Transform, seed: int = 1) -> Any:
    """A photo as the transform takes it, with a mask for those that remove."""
    if transform.name == "admit":
        data = cv2.imencode(".jpg", photo(seed))[1].tobytes()
        return Original(f"{seed}.jpg", data)
    mask = None
    if transform.removes:
        mask = np.zeros((300, 400), np.uint8)
        mask[50:70, 100:200] = 255
    return Picture(f"{seed}.jpg", photo(seed), mask, seed=7, facts=FACTS)


CODEC = Codec()


def model_of(transform: Transform) -> Any:
    if transform.task is None:
        return None
    if transform.default_model is None:
        pytest.skip(
            f"for {transform.task} there is no model without weights: see tests/tasks/test_networks.py"
        )
    kind = MODELS.get(transform.default_model, transform.task)
    if lack := kind.missing():
        pytest.skip(lack)
    model = kind()
    model.load()
    return model


def pixels(outcome: Outcome) -> np.ndarray | None:
    if isinstance(outcome, Edited):
        return outcome.picture.rgb
    return outcome.rgb if isinstance(outcome, Publishable) else None


@each
def test_a_transform_stands_in_a_file_of_its_name_on_a_queue_of_the_line(transform: Transform) -> None:
    module = importlib.import_module(f"tasks.{transform.name}")
    assert getattr(module, transform.name) == transform
    assert transform.queue in set(Queue)


@each
def test_its_parameters_are_typed_have_good_defaults_and_are_explained(transform: Transform) -> None:
    filled = transform.schema().model_dump()
    text = inspect.getdoc(transform.function) or ""
    assert len(text.splitlines()[0]) > 10
    bases = [inspect.getdoc(base) or "" for base in transform.schema.__mro__] if transform.params else []
    explained = text.partition("Args:")[2] + "".join(doc.partition("Attributes:")[2] for doc in bases)
    assert [key for key in filled if key not in explained] == []


@each
def test_it_says_from_facts_and_all_its_parameters_whether_it_is_needed(transform: Transform) -> None:
    params = transform.schema().model_dump()
    assert transform.is_needed(FACTS, params) in (True, False)


@each
def test_its_default_model_does_what_it_needs(transform: Transform) -> None:
    if transform.task is None or transform.default_model is None:  # then the recipe has to name one
        assert transform.default_model is None
    else:
        assert transform.default_model in MODELS.of_task(transform.task)


@each
def test_what_edits_is_judged_by_some_gate(transform: Transform) -> None:
    assert gates().for_transform(transform.name) or not (transform.edits or transform.delivers)


@each
def test_it_answers_once_for_each_picture_in_order_and_the_same_again(transform: Transform) -> None:
    model, params = model_of(transform), transform.schema().model_dump()
    subjects = [subject(transform, seed) for seed in (1, 2, 3)]
    first = transform.run(subjects, model, params, codec=CODEC)
    assert len(first) == 3
    again = [transform.run([item], model, params, codec=CODEC)[0] for item in subjects]
    for one, other in zip(first, again, strict=True):
        assert type(one) is type(other)
        assert np.array_equal(pixels(one), pixels(other))  # type: ignore[arg-type]


@each
def test_it_never_changes_what_it_was_given(transform: Transform) -> None:
    given = subject(transform)
    if isinstance(given, Original):
        pytest.skip("bytes cannot be changed")
    before = given.rgb.copy(), None if given.mask is None else given.mask.copy()
    for array in (given.rgb, given.mask):
        if array is not None:
            array.flags.writeable = False
    transform.run([given], model_of(transform), transform.schema().model_dump(), codec=CODEC)
    assert np.array_equal(given.rgb, before[0])
    assert given.mask is before[1] is None or np.array_equal(np.asarray(given.mask), np.asarray(before[1]))


@each
def test_it_changes_pixels_only_where_it_says_so(transform: Transform) -> None:
    given = subject(transform)
    (outcome,) = transform.run([given], model_of(transform), transform.schema().model_dump(), codec=CODEC)
    if not isinstance(outcome, Edited) or not isinstance(given, Picture):
        assert isinstance(outcome, Edited | Publishable)
        return
    if not transform.edits:
        assert outcome.picture.rgb is given.rgb
    elif outcome.touched is not None:
        untouched = outcome.touched == 0
        assert untouched.any()
        assert np.array_equal(outcome.picture.rgb[untouched], given.rgb[untouched])
    else:
        assert transform.enlarges or outcome.picture.rgb.shape == given.rgb.shape


@each
def test_it_takes_an_empty_batch(transform: Transform) -> None:
    assert len(transform.run([], model_of(transform), transform.schema().model_dump(), codec=CODEC)) == 0
