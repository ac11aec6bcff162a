import numpy as np
import pytest

from overlay.templates.recurring import Placed, overlap, recurring

STAMP = (0.7, 0.9, 0.95, 0.95)


def stamped(count: int, seed: int = 0) -> list[Placed]:
    """A stamp that moves a little, and one text of its own on each photo."""
    rng = np.random.default_rng(seed)
    texts = []
    for number in range(count):
        shift = rng.normal(0, 0.002, 4)
        texts.append(Placed(number, tuple(np.array(STAMP) + shift)))
        left, top = rng.uniform(0, 0.6, 2)
        texts.append(Placed(number, (left, top, left + 0.05, top + 0.02)))
    return texts


def test_a_stamp_at_the_same_place_is_found_with_its_photos() -> None:
    (stamp,) = recurring(stamped(12))
    assert stamp.box == pytest.approx(STAMP, abs=0.005)
    assert stamp.images == tuple(range(12))


def test_texts_at_different_places_recur_nowhere() -> None:
    assert recurring([text for text in stamped(12) if text.box[0] < 0.65]) == []


def test_few_photos_prove_nothing() -> None:
    assert recurring(stamped(4)) == []
    assert recurring(stamped(12), least=13) == []
    assert recurring([]) == []


def test_one_photo_with_many_texts_at_a_place_counts_once() -> None:
    assert recurring([Placed(1, STAMP)] * 10) == []


def test_two_stamps_are_told_apart_the_more_frequent_first() -> None:
    corner = [Placed(number, (0.0, 0.0, 0.2, 0.1)) for number in range(8)]
    assert [len(one.images) for one in recurring(stamped(12) + corner)] == [12, 8]


def test_overlap_is_one_with_itself_and_nothing_with_a_neighbour() -> None:
    boxes = np.array([[0, 0, 1, 1], [1, 0, 2, 1], [0, 0, 2, 1]], float)
    assert overlap(boxes) == pytest.approx(np.array([[1, 0, 0.5], [0, 1, 0.5], [0.5, 0.5, 1]]))
