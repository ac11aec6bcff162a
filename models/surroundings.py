"""Fills a hole from what is around it: sparse in the cosine domain, with the photo's own grain."""

from functools import cache
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn, idctn

from line.picture import Mask, Rgb
from models.contract import Filler

Planes = NDArray[np.float32]
"""[H, W, 3] float32: one luma and two colour differences, orthonormal, so 8 bits span 0..442."""

BLOCK = 32
"""Side of a cosine block in pixels: two to three strokes of a caption fit in."""
STEP = 8
"""Distance between blocks; each pixel is seen by (32 / 8)² = 16 of them."""
ROUNDS = 28
COARSE, FINE = 400.0, 12.0
"""Threshold on cosine coefficients in the first and the last round."""
APART = 16
"""Holes nearer to each other than this, in pixels, are filled together."""
CALM = 40
"""Percentile of the surroundings' local strength that counts as their grain."""
QUIET = 0.8
"""Grain below this standard deviation, in levels, is left out: nobody sees it."""

_OPPONENT = np.array([[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32)


class Surroundings(Filler):
    """Iterated thresholding of overlapping cosine blocks, from coarse to fine.

    A photo is sparse in local cosines: what is left after the small coefficients are dropped is
    the smoothest continuation of the shades, edges and weave around the hole (Guleryuz,
    "Nonlinear approximation based image recovery using adaptive sparse reconstructions and
    iterated denoising", IEEE TIP 15(3), 2006). It starts from a membrane stretched over the hole,
    and ends with grain as strong and as fine as that near by.
    """

    name = "surroundings"
    licence = "MIT"
    source = "Guleryuz, IEEE Transactions on Image Processing 15(3), 2006"
    revision = "3"
    memory_per_megapixel = 150.0

    def fill(self, rgb: Rgb, mask: Mask, *, seed: int) -> Rgb:
        hole = mask > 0
        if not hole.any() or hole.all():
            return rgb.copy()
        filled = rgb.copy()
        for left, top, right, bottom in groups(hole):
            part = np.s_[max(0, top - BLOCK) : bottom + BLOCK, max(0, left - BLOCK) : right + BLOCK]
            filled[part] = _fill_part(filled[part], hole[part], seed)
        return filled


def groups(hole: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """Boxes (left, top, right, bottom) of holes that lie near together, from top to bottom."""
    kernel = np.ones((APART + 1, APART + 1), np.uint8)
    near = cv2.dilate(hole.astype(np.uint8), kernel)
    _, labels = cv2.connectedComponents(near)
    labels[~hole] = 0
    boxes = []
    for label in np.unique(labels[hole]):
        rows, columns = np.nonzero(labels == label)
        boxes.append((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
    return sorted(boxes, key=lambda box: (box[1], box[0]))


def _fill_part(rgb: Rgb, hole: NDArray[np.bool_], seed: int) -> Rgb:
    """One group with its surroundings, [h, w, 3] uint8; other groups' holes in it are filled too."""
    if hole.all():
        return rgb
    high, wide = hole.shape
    # the border is mirrored so that blocks cover the hole up to the edge of the photo
    edges = (BLOCK, BLOCK + -high % BLOCK, BLOCK, BLOCK + -wide % BLOCK)
    opponent = rgb.astype(np.float32) @ _OPPONENT.T
    planes = np.asarray(cv2.copyMakeBorder(opponent, *edges, cv2.BORDER_REFLECT), np.float32)
    holes = cv2.copyMakeBorder(hole.astype(np.uint8), *edges, cv2.BORDER_REFLECT) > 0
    planes = membrane(planes, holes)
    planes = sparse(planes, holes)
    planes = with_grain(planes, holes, seed)
    inside = planes[BLOCK : BLOCK + high, BLOCK : BLOCK + wide]
    result: Rgb = np.clip(np.rint(inside @ _OPPONENT), 0, 255).astype(np.uint8)
    result[~hole] = rgb[~hole]
    return result


def membrane(planes: Planes, hole: NDArray[np.bool_], rounds: int = 40) -> Planes:
    """The hole filled by a soap film: averages from coarse to fine, then Jacobi's rounds for Laplace."""
    known = (~hole).astype(np.float32)
    levels: list[tuple[Planes, Planes]] = [(planes * known[..., None], known)]
    while min(levels[-1][1].shape) > 2 and levels[-1][1].min() < 1e-3:
        values, weights = (np.asarray(cv2.pyrDown(part), np.float32) for part in levels[-1])
        levels.append((values, weights))
    values, weights = levels[-1]
    film = values / np.maximum(weights, 1e-6)[..., None]
    for values, weights in levels[-2::-1]:
        wide = cv2.pyrUp(film, dstsize=weights.shape[::-1])
        share = weights[..., None]
        film = np.where(share > 0, values + wide * (1 - share), wide)
    film = np.where(hole[..., None], film, planes)
    cross = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32) / 4
    for _ in range(rounds):
        film = np.where(hole[..., None], cv2.filter2D(film, -1, cross), planes)
    return film.astype(np.float32)


def sparse(planes: Planes, hole: NDArray[np.bool_]) -> Planes:
    """The hole refined by dropping small cosine coefficients, ever smaller ones from round to round.

    Overlapping blocks count alike: to trust those that see less of the hole cost 1 dB on flat ground.
    """
    layers = np.ascontiguousarray(planes.transpose(2, 0, 1))
    seen = np.zeros((1, *hole.shape), np.float32)
    grids = []
    for top in range(0, BLOCK, STEP):
        for left in range(0, BLOCK, STEP):
            down, across = np.nonzero(_blocks(hole[None].astype(np.float32), top, left)[0].any(axis=(2, 3)))
            _blocks(seen, top, left)[:, down, across] += 1
            grids.append((top, left, down, across))
    inside = hole & (seen[0] > 0)
    for limit in np.geomspace(COARSE, FINE, ROUNDS):
        summed = np.zeros_like(layers)
        for top, left, down, across in grids:
            blocks = dctn(_blocks(layers, top, left)[:, down, across], axes=(2, 3), norm="ortho")
            mean = blocks[..., 0, 0].copy()
            blocks[np.abs(blocks) < limit] = 0
            blocks[..., 0, 0] = mean
            blocks = idctn(blocks, axes=(2, 3), norm="ortho", overwrite_x=True)
            _blocks(summed, top, left)[:, down, across] += blocks
        layers[:, inside] = summed[:, inside] / seen[:, inside]
    return layers.transpose(1, 2, 0)


def _blocks(layers: NDArray[np.float32], top: int, left: int) -> NDArray[np.float32]:
    """A view [channels, down, across, BLOCK, BLOCK]: blocks side by side from (top, left)."""
    part = layers[:, top:, left:]
    channels, high, wide = part.shape
    plane, row, column = part.strides
    shape = (channels, high // BLOCK, wide // BLOCK, BLOCK, BLOCK)
    strides = (plane, row * BLOCK, column * BLOCK, row, column)
    return np.lib.stride_tricks.as_strided(part, shape, strides)


def with_grain(planes: Planes, hole: NDArray[np.bool_], seed: int) -> Planes:
    """The hole with grain like the surroundings', where they have more of it than the fill.

    As strong and as fine as theirs: the grain of a photo that was compressed or enlarged is coarser
    than single pixels, and white noise on it shows as a speckled patch.
    """
    fine = _fine(planes)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((BLOCK + 1, BLOCK + 1), np.uint8)) > 0
    # grain is read clear of the hole's rim, where the blur has mixed both sides
    rim = cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    clear = near & ~rim
    if clear.sum() < 64:
        return planes
    # grain is what the quiet places have: letters and seams are not strewn into the hole as noise
    level = np.sqrt(np.maximum(cv2.blur(fine**2, (7, 7)), 0))  # a running sum may end below nought
    wanted, present = (np.percentile(level[part], CALM, axis=0) for part in (clear, hole))
    lacking = np.sqrt(np.maximum(wanted**2 - present**2, 0))
    if wanted[0] < QUIET:
        return planes
    result = planes.copy()
    random = np.random.default_rng(seed)
    rows, columns = np.nonzero(hole)
    window = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
    for channel in range(planes.shape[2]):
        plain = clear & (level[..., channel] <= 1.5 * wanted[channel])
        size = _coarseness(_neighbours(fine[..., channel], plain))
        drawn = _noise(random, hole[window].shape, size)
        result[..., channel][window] += (drawn * lacking[channel] * hole[window]).astype(np.float32)
    return result


def _fine(planes: Planes) -> Planes:
    """What is finer than about three pixels."""
    return cast(Planes, planes - cv2.GaussianBlur(planes, (0, 0), 1.5))


def _noise(random: np.random.Generator, shape: tuple[int, ...], size: float) -> Planes:
    """[h, w] float32 noise of standard deviation 1, its grains ``size`` pixels (sigma) large."""
    margin = 8
    white = random.standard_normal((shape[0] + 2 * margin, shape[1] + 2 * margin)).astype(np.float32)
    grains = _fine(cast(Planes, cv2.GaussianBlur(white, (0, 0), size) if size else white))
    return cast(Planes, (grains / max(float(grains.std()), 1e-6))[margin:-margin, margin:-margin])


def _neighbours(fine: Planes, plain: NDArray[np.bool_]) -> float:
    """Correlation of neighbouring pixels where both are plain; -1..1."""
    across = plain[:, 1:] & plain[:, :-1]
    one, other = fine[:, 1:][across], fine[:, :-1][across]
    power = float((one**2).mean() + (other**2).mean()) / 2 if len(one) else 0.0
    return float((one * other).mean()) / power if power > 0 else 0.0


@cache
def _scale() -> tuple[tuple[float, float], ...]:
    """(correlation of neighbours, size of the grains) of noise as :func:`_noise` makes it."""
    random, everywhere = np.random.default_rng(0), np.ones((192, 192), np.bool_)
    sizes = (0.0, 0.35, 0.45, 0.55, 0.65, 0.75, 0.9, 1.1, 1.4, 1.8)
    return tuple((_neighbours(_noise(random, (192, 192), size), everywhere), size) for size in sizes)


def _coarseness(correlation: float) -> float:
    """The size of grains whose neighbours correlate like that."""
    return min(_scale(), key=lambda pair: abs(pair[0] - correlation))[1]


MODELS = (Surroundings,)
