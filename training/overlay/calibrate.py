"""Fits how a region's features become a probability, on the calibration part of the photos.

    python -m training.overlay.calibrate overlay_network.onnx [--count N] [--json FILE]

Prints ``MEANS``, ``WEIGHTS`` and ``INTERCEPT`` for ``overlay/policy.py``, and at which probability how many clean
photos would alarm. The photos are neither trained on nor reported on.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.contract import OverlaySegmenter
from overlay.policy import FEATURES
from overlay.regions import find_regions
from training.overlay.drawing.blend import Labelled
from training.overlay.drawing.imprint import imprint
from training.overlay.photos import sources
from training.overlay.sample import WORKING_SIDE, delivered, draw
from training.overlay.segmenter import opened
from training.split import Part

OVERLAID_SHARE = 0.4
"""Share of a region's pixels that were laid over from which it counts as an overlay."""
PRINT_WEIGHT = 0.3
"""Weight of a region of a photo on which print was drawn: as close to an overlay as that, print is rare in uploads."""
RIDGE = 0.02
"""Weight of the ridge penalty."""
ROUNDS = 40
"""Newton steps of the logistic regression."""


def samples(count: int) -> Iterator[tuple[str, Labelled]]:
    """Each calibration photo as it is, with print, and with overlays, at the network's scale."""
    photos = [source for source in sources() if source.part is Part.CALIBRATION][:count]
    for number, source in enumerate(photos):
        for kind in ("clean", "print", "overlay"):
            rng = np.random.default_rng([number, len(kind)])
            photo = Labelled.of(source.rgb())
            words: tuple[str, ...] = ()
            if kind == "print" or rng.random() < 0.3:
                words = imprint(photo, rng) if kind != "clean" else ()
            if kind == "overlay":
                draw(photo, rng, words)
            yield kind, delivered(photo, rng)


def collect(
    network: OverlaySegmenter, count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], list[list[int]]]:
    """Features [n, f], labels [n] and weights [n] of all regions, and the numbers of each clean photo's regions."""
    features: list[NDArray[np.float64]] = []
    labels: list[float] = []
    weights: list[float] = []
    clean: list[list[int]] = []
    for kind, photo in samples(count):
        maps = network.segment(photo.rgb, limit=WORKING_SIDE)
        laid = np.maximum(photo.ink, photo.panel)
        laid = cv2.resize(laid, maps.ink.shape[::-1], interpolation=cv2.INTER_AREA)
        numbers = []
        for region in find_regions(maps, photo.rgb):
            share = float(laid[region.window][region.pixels].mean())
            if 0.1 < share < OVERLAID_SHARE:
                continue
            numbers.append(len(labels))
            features.append(region.features)
            labels.append(float(share >= OVERLAID_SHARE))
            weights.append(PRINT_WEIGHT if kind == "print" else 1.0)
        if kind == "clean":
            clean.append(numbers)
    return np.array(features), np.array(labels), np.array(weights), clean


def fit(
    features: NDArray[np.float64], labels: NDArray[np.float64], shares: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """Weights [f] and intercept of a ridge logistic regression over centred features, weighted by ``shares`` [n]."""
    x = np.hstack([features, np.ones((len(features), 1))])
    penalty = np.diag([RIDGE] * features.shape[1] + [0.0]) * len(features) / 100
    weights = np.zeros(x.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(x @ weights, -30, 30)))
        gradient = x.T @ (shares * (labels - chance)) - penalty @ weights
        curvature = (
            (x * (shares * chance * (1 - chance))[:, None]).T @ x + penalty + 1e-6 * np.eye(x.shape[1])
        )
        weights = weights + np.linalg.solve(curvature, gradient)
    return weights[:-1], float(weights[-1])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("network", type=Path)
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    network = opened(given.network)
    features, labels, shares, clean = collect(network, given.count)
    means = features.mean(axis=0)
    weights, intercept = fit(features - means, labels, shares)
    odds = (features - means) @ weights + intercept
    chances = 1 / (1 + np.exp(-odds))
    worst = np.array([max(chances[numbers], default=0.0) for numbers in clean])
    print("FEATURES =", FEATURES)
    for name, value in (("MEANS", means), ("WEIGHTS", weights)):
        print(f"{name} = ({', '.join(f'{one:.4f}' for one in value)})")
    print(f"INTERCEPT = {intercept:.4f}")
    rows = {}
    for at in (0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99):
        rows[at] = (float((worst >= at).mean()), float((chances[labels > 0] >= at).mean()))
        print(
            f"probability {at:.2f}: {rows[at][0]:6.1%} of {len(clean)} clean photos, "
            f"{rows[at][1]:6.1%} of {int(labels.sum())} overlaid regions"
        )
    if given.json:
        given.json.write_text(
            json.dumps(
                {"means": means.tolist(), "weights": weights.tolist(), "intercept": intercept, "rows": rows}
            )
        )


if __name__ == "__main__":
    main()
