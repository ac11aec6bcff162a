"""Fills a hole from what is around it: sparse in the cosine domain, with the photo's own grain."""

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
GRAIN = 0.7
"""Share of the surroundings' grain given back: the eye misses grain, the error grows with it."""
QUIET = 0.8
"""Grain below this standard deviation, in levels, is left out: nobody sees it."""

_OPPONENT = np.array([[3**-0.5] * 3, [2**-0.5, 0, -(2**-0.5)], [6**-0.5, -2 * 6**-0.5, 6**-0.5]], np.float32)


class Surroundings(Filler):
    """Iterated thresholding of overlapping cosine blocks, from coarse to fine.

    A photo is sparse in local cosines: what is left after the small coefficients are dropped is
    the smoothest continuation of the shades, edges and weave around the hole (Guleryuz,
    "Nonlinear approximation based image recovery using adaptive sparse reconstructions and
    iterated denoising", IEEE TIP 15(3), 2006). It starts from a membrane stretched over the hole,
    and ends with grain copied from near by.
    """

    name = "surroundings"
    licence = "MIT"
    source = "Guleryuz, IEEE Transactions on Image Processing 15(3), 2006"
    revision = "2"
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
    """The hole with fine grain drawn from the surroundings' own, where they have more than the fill."""
    fine = planes - cv2.GaussianBlur(planes, (0, 0), 1.5)
    near = cv2.dilate(hole.astype(np.uint8), np.ones((BLOCK + 1, BLOCK + 1), np.uint8)) > 0
    # grain is read clear of the hole's rim, where the blur has mixed both sides
    rim = cv2.dilate(hole.astype(np.uint8), np.ones((7, 7), np.uint8)) > 0
    source = fine[near & ~rim]
    if len(source) < 64:
        return planes
    # medians do not see edges, so grain is not mistaken for them
    wanted, present = (1.4826 * np.median(np.abs(part), axis=0) for part in (source, fine[hole]))
    lacking = np.sqrt(np.maximum((GRAIN * wanted) ** 2 - present**2, 0))
    if wanted[0] < QUIET:
        return planes
    plain = source[np.abs(source[:, 0]) <= 2.5 * wanted[0]]
    drawn = plain[np.random.default_rng(seed).integers(0, len(plain), int(hole.sum()))]
    scale = lacking / np.maximum(drawn.std(axis=0), 1e-3)
    result = planes.copy()
    result[hole] += (drawn * scale).astype(np.float32)
    return result


MODELS = (Surroundings,)
