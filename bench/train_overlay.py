"""Trains the classifier that tells overlay from print, and writes it as trees in JSON.

    python -m bench.train_overlay                     # collects examples, trains, writes the file shipped
    python -m bench.train_overlay --examples FILE     # keeps the examples, or uses those kept before

Overlays are drawn on the tuning half of the photos; the other half is never seen here. Needs
scikit-learn (`pip install scikit-learn`) for training only: the line reads the trees by itself.
"""

import argparse
import json
from pathlib import Path

import cv2
import numpy as np

from bench.captions.draw import KINDS, draw, jpeg
from bench.captions.fonts import lacking
from bench.captions.imprint import imprint
from bench.captions.photos import Photo, photos
from models.rapidocr import RapidOcr
from tasks.overlay.decision import TREES
from tasks.overlay.reading import Reading, read

OVERLAY_PIXELS = 0.04
"""A box holding more of an overlay's pixels than this is an example of an overlay; one with none, of print."""
Example = tuple[dict[str, float], int, str]


def altered(rgb: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The photo as another shop would have cut, turned, sharpened and saved it."""
    if rng.random() < 0.5:
        share = rng.uniform(0.45, 0.9)
        high, wide = (max(64, int(side * share)) for side in rgb.shape[:2])
        top = int(rng.integers(0, max(1, rgb.shape[0] - high)))
        left = int(rng.integers(0, max(1, rgb.shape[1] - wide)))
        rgb = rgb[top : top + high, left : left + wide]
    if rng.random() < 0.5:
        scale = rng.uniform(0.5, 1.3)
        rgb = cv2.resize(
            rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        )
    if rng.random() < 0.4:
        soft = cv2.GaussianBlur(rgb, (0, 0), 1.2)
        rgb = cv2.addWeighted(rgb, 1.7, soft, -0.7, 0)
    if rng.random() < 0.3:
        rgb = rgb[:, ::-1]
    return jpeg(np.ascontiguousarray(rgb), int(rng.integers(70, 97)), int(rng.choice([0, 2])))


def label(reading: Reading, mask: np.ndarray) -> int | None:
    """1 for an overlay, 0 for print, None where a box holds a little of both."""
    box = np.zeros(mask.shape, np.uint8)
    cv2.fillConvexPoly(box, np.rint(reading.region.quad).astype(np.int32), 1)
    share = float(mask[box > 0].mean()) if box.any() else 0.0
    if share > OVERLAY_PIXELS:
        return 1
    return 0 if share < 0.002 else None


def examples(photo: Photo, finder: RapidOcr, variants: int, kinds: int, imprints: int) -> list[Example]:
    rng = np.random.default_rng(photo.seed)
    found: list[Example] = []
    for variant in range(variants):
        rgb = photo.rgb if variant == 0 else altered(photo.rgb, rng)
        readings = read(rgb, finder.find(rgb, limit=640))
        found += [(dict(reading.features), 0, photo.digest) for reading in readings]
    for kind in rng.permutation(list(KINDS))[:kinds]:
        ground = photo.rgb if rng.random() < 0.6 else altered(photo.rgb, rng)
        drawn = draw(ground, str(kind), rng)
        for reading in read(drawn.rgb, finder.find(drawn.rgb, limit=640)):
            if (truth := label(reading, drawn.mask)) is not None:
                found.append((dict(reading.features), truth, photo.digest))
    for number in range(imprints):
        marked = imprint(photo.rgb if number % 2 else altered(photo.rgb, rng), rng)
        for reading in read(marked.rgb, finder.find(marked.rgb, limit=640)):
            if label(reading, marked.mask) == 1:
                found.append((dict(reading.features), 0, photo.digest))
    return found


def collect(variants: int, kinds: int, imprints: int) -> list[Example]:
    finder = RapidOcr()
    finder.load()
    cv2.setNumThreads(1)
    found: list[Example] = []
    for number, photo in enumerate(photos("tune")):
        found += examples(photo, finder, variants, kinds, imprints)
        if number % 10 == 0:
            print(f"{number} photos, {len(found)} examples", flush=True)
    return found


def train(found: list[Example], rounds: int, out: Path) -> None:
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.model_selection import GroupKFold, cross_val_predict

    names = sorted(found[0][0])
    x = np.array([[features[name] for name in names] for features, _, _ in found], np.float64)
    y = np.array([truth for _, truth, _ in found])
    groups = np.array([digest for _, _, digest in found])
    # every photo weighs the same on either side: a page of small print is one page
    _, group = np.unique(groups, return_inverse=True)
    weight = np.ones(len(y))
    for truth in (0, 1):
        counts = np.bincount(group[y == truth], minlength=group.max() + 1)
        weight[y == truth] = 1 / np.sqrt(counts[group[y == truth]])
        weight[y == truth] *= len(y) / 2 / weight[y == truth].sum()
    model = GradientBoostingClassifier(
        n_estimators=rounds, max_depth=6, learning_rate=0.04, subsample=0.6, max_features=0.2,
        min_samples_leaf=8, random_state=0,
    )  # fmt: skip
    guessed = cross_val_predict(
        model, x, y, groups=groups, cv=GroupKFold(5), method="predict_proba", params={"sample_weight": weight}
    )[:, 1]
    print(
        f"{len(y)} examples, {y.mean():.2f} of them overlays, {len(set(groups))} photos; on held-out fifths:"
    )
    for limit in (0.1, 0.3, 0.5, 0.7, 0.9, 0.95, 0.98):
        print(f"  p ≥ {limit:4}: {np.mean(guessed[y == 1] >= limit):.3f} of overlays, "
              f"{np.mean(guessed[y == 0] >= limit):.3f} of print, photos with such print "
              f"{len(set(groups[(y == 0) & (guessed >= limit)])) / len(set(groups)):.3f}")  # fmt: skip
    model.fit(x, y, sample_weight=weight)
    best = np.argsort(model.feature_importances_)[::-1][:14]
    print("  leading features:", ", ".join(f"{names[i]} {model.feature_importances_[i]:.3f}" for i in best))
    prior = float(np.log(np.average(y, weights=weight) / (1 - np.average(y, weights=weight))))
    trees = []
    for (tree,) in model.estimators_:
        inner = tree.tree_
        trees.append(
            {
                "feature": inner.feature.tolist(),
                "threshold": [round(float(value), 5) for value in inner.threshold],
                "left": inner.children_left.tolist(),
                "right": inner.children_right.tolist(),
                "value": [round(float(v) * model.learning_rate, 6) for v in inner.value[:, 0, 0]],
            }
        )
    out.write_text(
        json.dumps({"features": names, "prior": prior, "trees": trees}, separators=(",", ":")) + "\n"
    )
    print(f"wrote {out.name}, {out.stat().st_size / 1e6:.2f} MB, {len(trees)} trees")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--examples", type=Path, help="JSON file to keep collected examples in")
    parser.add_argument("--variants", type=int, default=3, help="clean versions of each photo")
    parser.add_argument("--kinds", type=int, default=5, help="overlays drawn on each photo")
    parser.add_argument("--imprints", type=int, default=3, help="pieces of print put on each photo")
    parser.add_argument("--rounds", type=int, default=350, help="trees")
    parser.add_argument("--out", type=Path, default=TREES)
    given = parser.parse_args()
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    if given.examples and given.examples.exists():
        found = [tuple(one) for one in json.loads(given.examples.read_text())]
    else:
        found = collect(given.variants, given.kinds, given.imprints)
        if given.examples:
            given.examples.write_text(json.dumps(found))
    train(found, given.rounds, given.out)


if __name__ == "__main__":
    main()
