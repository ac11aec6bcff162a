"""The sample of a triage: some of every stratum, in proportion, the same at every call."""

from collections import Counter
from random import Random

import pytest

from records.history.failures import StoppedImage
from review.triage.sample import stratified, stratum_of


def images(*groups: tuple[str, float, int]) -> list[StoppedImage]:
    """So many stopped images of each reason and size (megapixels)."""
    return [
        StoppedImage(number, f"{reason}-{pixels}-{number}.jpg", "acme", 1, "upscale", reason, True, pixels)
        for reason, pixels, count in groups
        for number in range(count)
    ]


def test_every_stratum_has_an_image_and_the_large_ones_have_more() -> None:
    sample = stratified(images(("blur", 1.0, 80), ("blur", 12.0, 8), ("hue", 1.0, 2)), 12)
    by_stratum = Counter(stratum_of(image)[1:] for image in sample)
    assert sorted(by_stratum.values()) == [1, 2, 9]
    assert len(by_stratum) == 3


def test_fewer_places_than_strata_go_to_the_largest() -> None:
    sample = stratified(images(("a", 1.0, 1), ("b", 1.0, 5), ("c", 1.0, 3)), 2)
    assert {image.reason for image in sample} == {"b", "c"}


@pytest.mark.parametrize("seed", range(40))
def test_the_sample_is_as_large_as_asked_and_names_no_image_twice(seed: int) -> None:
    random = Random(seed)
    sizes, size = random.choices(range(1, 40), k=random.randint(1, 8)), random.randint(1, 30)
    stopped = images(*((f"reason{at}", 1.0, count) for at, count in enumerate(sizes)))
    sample = stratified(stopped, size)
    assert len(sample) == min(size, len(stopped))
    assert len({image.name for image in sample}) == len(sample)
    assert sample == stratified(stopped[::-1], size)
