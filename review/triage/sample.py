"""A representative sample: some of every stratum, in proportion to its size."""

import hashlib
from collections import defaultdict
from collections.abc import Sequence

from records.history.failures import StoppedImage
from scheduler.route import size_class

Stratum = tuple[str, str, int]
"""Vendor, reason, size class."""


def stratum_of(image: StoppedImage) -> Stratum:
    """The stratum of an image; sizes of one class differ in area by a factor of two at most."""
    return image.vendor, f"{image.transform}: {image.reason}", size_class(image.megapixels)


def stratified(images: Sequence[StoppedImage], size: int) -> list[StoppedImage]:
    """At most ``size`` images, at least one of each stratum while there is room, else in proportion.

    Proportional allocation by largest remainders. Within a stratum a hash of the name chooses, so the same batch gives
    the same sample. With fewer places than strata the largest strata have one each.
    """
    strata: dict[Stratum, list[StoppedImage]] = defaultdict(list)
    for image in images:
        strata[stratum_of(image)].append(image)
    ordered = sorted(strata, key=lambda stratum: (-len(strata[stratum]), stratum))[:size]
    places = _allocate([len(strata[stratum]) for stratum in ordered], min(size, len(images)))
    return [
        image
        for stratum, count in zip(ordered, places, strict=True)
        for image in sorted(strata[stratum], key=_hash)[:count]
    ]


def _allocate(sizes: Sequence[int], places: int) -> list[int]:
    """How many places each stratum gets: one, and of the rest its share."""
    spare = places - len(sizes)
    rest = sum(sizes) - len(sizes)
    shares = [spare * (size - 1) / rest if rest else 0.0 for size in sizes]
    counts = [1 + int(share) for share in shares]
    by_remainder = sorted(range(len(sizes)), key=lambda at: int(shares[at]) - shares[at])
    for at in by_remainder[: places - sum(counts)]:
        counts[at] += 1
    return [min(count, size) for count, size in zip(counts, sizes, strict=True)]


def _hash(image: StoppedImage) -> bytes:
    return hashlib.sha256(image.name.encode()).digest()
