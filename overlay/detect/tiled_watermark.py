"""One mark all over a photo: found by its period, drawn from the mean of its repetitions.

A mark that a text detector cannot see in one place is plain in the autocorrelation of the whole
photo: its copies are alike to the pixel, and nothing else in a photo repeats over all of it.
"""

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from line.picture import Rgb
from overlay.detect.candidate import Candidate, Source
from overlay.mask.strokes import Strokes

Floats = NDArray[np.float32]
VIEW = 768
"""Long side in pixels at which a mark is looked for."""
FINE, COARSE = 1 / 160, 1 / 50
"""Sigmas, shares of the long side: what is coarser than the first is no stroke; contrast is evened over the second."""
LOUDEST = 2.5
"""Deviations that print and edges of the product count for at most."""
NEAREST = 0.07
"""Shortest period, share of the long side: what repeats closer is weave or a grid."""
PLAIN, TOGETHER = 6.0, 10.0
"""Deviations by which the plainest shift stands out of the autocorrelation, and all shifts of a mark together."""
SEEN = 4.5
"""Deviations from which a shift may help to measure the lattice."""
BY_CHANCE = 1.5
"""Deviations that the highest of some neighbouring points has without any mark."""
PEAKS = 16
FARTHEST = 0.85
"""Longest shift, share of each side: beyond, too little of the photo overlaps itself."""
SPREAD = 0.8
"""Share of the photo's parts in which the mark must lie: a pattern on the product is on the product alone."""
ALIKE = 0.06
"""Correlation from which a part bears the mark."""
PARTS = 4
"""Parts along each side in which a mark is looked for."""


@dataclass(frozen=True)
class Lattice:
    """Where the mark comes back.

    Attributes:
        steps: [2, 2] float64, two shifts in view pixels, one a row, x before y.
        strength: deviations by which the plainest shift stands out.
        support: deviations by which all its shifts together stand out.
    """

    steps: NDArray[np.float64]
    strength: float
    support: float


def find_repeated(rgb: Rgb) -> Candidate | None:
    """The mark that covers all of ``rgb`` [H, W, 3] uint8, or None.

    The candidate's evidence: ``strength`` and ``support`` of the lattice, ``spread`` (share of the photo's
    parts in which the mark is), ``period`` (shorter shift over the long side).
    """
    scale = min(1.0, VIEW / max(rgb.shape[:2]))
    size = (max(2, round(rgb.shape[1] * scale)), max(2, round(rgb.shape[0] * scale)))
    if min(size) < 96:
        return None
    view = cast(Rgb, cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    detail = evened(view)
    lattice = find_lattice(detail)
    if lattice is None or lattice.support < TOGETHER:
        return None
    mark, others = folded(detail, lattice.steps)
    spread = _spread(detail, others)
    if spread < SPREAD:
        return None
    if np.mean(mark**3) < 0:  # strokes are the rarer side: a dark mark
        mark = -mark
    glyphs = _strokes(mark)
    ground = _ground(view, glyphs)
    core = cv2.erode(glyphs.astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    if core.sum() < 50:
        return None
    distance = np.sqrt(((view.astype(np.float32) - ground) ** 2).sum(axis=-1))
    whole = (slice(0, rgb.shape[0]), slice(0, rgb.shape[1]))
    right, bottom = rgb.shape[1], rgb.shape[0]
    strokes = Strokes(
        window=whole,
        scale=scale,
        rgb=view,
        box=np.ones(glyphs.shape, bool),
        glyphs=glyphs,
        ground=ground,
        contrast=float(np.median(distance[core])),
    )
    return Candidate(
        quad=np.array([[0, 0], [right, 0], [right, bottom], [0, bottom]], np.float32),
        score=min(1.0, lattice.support / 20),
        source=Source.REPEATED,
        strokes=strokes,
        evidence={
            "strength": lattice.strength,
            "support": lattice.support,
            "spread": spread,
            "period": float(np.linalg.norm(lattice.steps, axis=1).min() / max(size)),
        },
    )


def evened(view: Rgb) -> Floats:
    """[h, w] float32: the luma's fine detail in deviations of its surroundings, without the loudest."""
    luma = cv2.cvtColor(view, cv2.COLOR_RGB2GRAY).astype(np.float32)
    longest = max(luma.shape)
    detail = luma - cv2.GaussianBlur(luma, (0, 0), FINE * longest)
    deviation = np.sqrt(cv2.GaussianBlur(detail * detail, (0, 0), COARSE * longest))
    return np.clip(detail / np.maximum(deviation, 1.5), -LOUDEST, LOUDEST).astype(np.float32)


def find_lattice(detail: Floats) -> Lattice | None:
    """The two shifts by which ``detail`` [h, w] is most like itself, or None where no shift is plain."""
    plain = _autocorrelation(detail)
    shifts, strengths = _peaks(plain, max(detail.shape))
    if strengths[0] < PLAIN:
        return None
    seen = shifts[strengths > SEEN]
    highest = cv2.dilate(plain, np.ones((5, 5), np.uint8)) - BY_CHANCE
    best: Lattice | None = None
    tried: set[tuple[int, ...]] = set()
    for first in range(min(len(seen), 9)):
        for second in range(first + 1, min(len(seen), 10)):
            steps = _reduced(seen[[first, second]])
            key = tuple(np.rint(steps / 6).astype(int).ravel().tolist())
            if key in tried or not _is_cell(steps, max(detail.shape)):
                continue
            tried.add(key)
            steps = _refined(steps, seen)
            support = _support(steps, highest, NEAREST * max(detail.shape))
            if best is None or support > best.support:
                best = Lattice(steps, float(strengths[0]), support)
    return best


def _autocorrelation(detail: Floats) -> Floats:
    """[h', 2 w' + 1] float32, how alike ``detail`` is to itself by shift down and across, in deviations."""
    high, wide = detail.shape
    rows, columns = fft.next_fast_len(2 * high, real=True), fft.next_fast_len(2 * wide, real=True)
    power = np.abs(fft.rfft2(detail, (rows, columns))) ** 2
    alike = np.asarray(fft.irfft2(power, (rows, columns)), np.float32)
    tall, broad = int(FARTHEST * high), int(FARTHEST * wide)
    alike = np.concatenate([alike[:tall, -broad:], alike[:tall, : broad + 1]], axis=1)
    down, across = np.arange(tall, dtype=np.float32), np.abs(np.arange(-broad, broad + 1, dtype=np.float32))
    # noise falls with the root of the overlap
    alike /= np.sqrt((high - down)[:, None] * (wide - across))
    standing = cv2.GaussianBlur(alike - cv2.blur(alike, (31, 31)), (0, 0), 1.0)
    energy = standing * standing
    deviation = np.sqrt(cv2.blur(np.minimum(energy, 30 * np.median(energy)), (151, 151)))
    return np.asarray(standing / np.maximum(deviation, 1e-6), np.float32)


def _peaks(plain: Floats, longest: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Shifts [n, 2] (x, y) at which the autocorrelation peaks, and by how many deviations, plainest first."""
    broad = plain.shape[1] // 2
    left = plain.copy()
    cv2.circle(left, (broad, 0), round(NEAREST * longest), 0, cv2.FILLED)
    left[0, :broad] = 0
    found, around = [], max(2, round(0.02 * longest))
    for _ in range(PEAKS):
        row, column = divmod(int(left.argmax()), left.shape[1])
        x = column - broad + _vertex(plain[row, column - 1 : column + 2])
        y = row + _vertex(plain[row - 1 : row + 2, column]) if row else 0.0
        found.append((x, y, float(left[row, column])))
        left[max(0, row - around) : row + around + 1, max(0, column - around) : column + around + 1] = 0
    listed = np.array(found, np.float64)
    return listed[:, :2], listed[:, 2]


def _support(steps: NDArray[np.float64], highest: Floats, nearest: float) -> float:
    """By how many deviations the lattice's shifts stand out together: their sum, over the root of their number."""
    broad = highest.shape[1] // 2
    most = int(np.ceil(2 * np.hypot(*highest.shape) / max(float(np.linalg.norm(steps, axis=1).min()), 1.0)))
    counts = np.stack(np.meshgrid(np.arange(-most, most + 1), np.arange(-most, most + 1)), axis=-1)
    shifts = np.rint(counts.reshape(-1, 2) @ steps).astype(int)
    x, y = shifts[:, 0] + broad, shifts[:, 1]
    inside = (x >= 0) & (x < highest.shape[1]) & (y >= 0) & (y < highest.shape[0])
    inside &= np.hypot(shifts[:, 0], y) > nearest
    values = highest[y[inside], x[inside]]
    return float(values.sum() / np.sqrt(max(len(values), 1)))


def _vertex(three: Floats) -> float:
    """Where between its neighbours a peak lies, -0.5..0.5."""
    if len(three) < 3:
        return 0.0
    bend = float(three[0] - 2 * three[1] + three[2])
    return float(np.clip((three[0] - three[2]) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _reduced(steps: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same lattice by its two shortest shifts (Gauss's reduction)."""
    short, long = sorted(steps, key=lambda step: float(step @ step))
    while True:
        long = long - np.rint(long @ short / max(float(short @ short), 1e-9)) * short
        if long @ long >= short @ short - 1e-9:
            return np.array([short, long])
        short, long = long, short


def _is_cell(steps: NDArray[np.float64], longest: int) -> bool:
    lengths = np.linalg.norm(steps, axis=1)
    return bool(lengths.min() > NEAREST * longest and abs(np.linalg.det(steps)) > 0.4 * lengths.prod())


def _refined(steps: NDArray[np.float64], shifts: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lattice on which all of its shifts that were seen lie best; far ones measure it finest."""
    for _ in range(2):
        counts = np.rint(shifts @ np.linalg.inv(steps))
        fits = (np.linalg.norm(shifts - counts @ steps, axis=1) < 4) & counts.any(axis=1)
        if np.linalg.matrix_rank(counts[fits]) < 2:
            break
        steps = np.linalg.lstsq(counts[fits], shifts[fits], rcond=None)[0]
    return steps


def _cells(shape: tuple[int, ...], steps: NDArray[np.float64]) -> tuple[Floats, Floats, tuple[int, int]]:
    """Column and row of each pixel in the mark's cell, float32 [h, w] each, and the cell's size."""
    wide, high = (max(4, round(float(length))) for length in np.linalg.norm(steps, axis=1))
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    turn = np.linalg.inv(steps).astype(np.float32)
    across = (x * turn[0, 0] + y * turn[1, 0]) % 1
    down = (x * turn[0, 1] + y * turn[1, 1]) % 1
    return across * np.float32(wide), down * np.float32(high), (wide, high)


def folded(detail: Floats, steps: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """At each pixel the mean of ``detail`` over all its repetitions, and over all but itself, [h, w] float32."""
    across, down, (wide, high) = _cells(detail.shape, steps)
    at = (down.astype(np.int32) % high) * wide + across.astype(np.int32) % wide
    counts = np.bincount(at.ravel(), minlength=wide * high)
    sums = np.bincount(at.ravel(), weights=detail.ravel(), minlength=wide * high)
    cell = (sums / np.maximum(counts, 1)).astype(np.float32).reshape(high, wide)
    soft = cv2.GaussianBlur(np.pad(cell, 8, mode="wrap"), (0, 0), 0.8)
    mark = cv2.remap(soft, across + 7.5, down + 7.5, cv2.INTER_LINEAR)
    others = (sums[at] - detail) / np.maximum(counts[at] - 1, 1)
    return np.asarray(mark, np.float32), np.asarray(others, np.float32)


def _spread(detail: Floats, others: Floats) -> float:
    """Share of the photo's parts whose detail goes with what the mark is elsewhere."""
    soft = cv2.GaussianBlur(others, (0, 0), 1.0)
    goes = [
        float((here * there).sum() / np.sqrt(max(float((here * here).sum() * (there * there).sum()), 1e-6)))
        for rows in zip(np.array_split(detail, PARTS), np.array_split(soft, PARTS), strict=True)
        for here, there in zip(*(np.array_split(row, PARTS, axis=1) for row in rows), strict=True)
    ]
    return float(np.mean(np.array(goes) > ALIKE))


def _strokes(mark: Floats) -> NDArray[np.bool_]:
    """The mark's strokes: what is plainly above its ground, and what hangs on to that."""
    top = float(np.percentile(mark, 99))
    ground = float(np.median(mark))
    noise = 1.48 * float(np.median(np.abs(mark - ground)))
    weak = (mark > ground + max(0.3 * (top - ground), 2.0 * noise)).astype(np.uint8)
    strong = mark > ground + max(0.6 * (top - ground), 3.0 * noise)
    _, labels = cv2.connectedComponents(weak)
    kept = np.zeros(int(labels.max()) + 1, bool)
    kept[np.unique(labels[strong])] = True
    kept[0] = False
    return np.asarray(kept[labels])


def _ground(view: Rgb, glyphs: NDArray[np.bool_]) -> Rgb:
    """``view`` with the strokes filled by what is around them, [h, w, 3] uint8."""
    free = (cv2.dilate(glyphs.astype(np.uint8), np.ones((5, 5), np.uint8)) == 0).astype(np.float32)
    reach = FINE * max(glyphs.shape)
    weight = cv2.GaussianBlur(free, (0, 0), reach)[..., None]
    around = cv2.GaussianBlur(view.astype(np.float32) * free[..., None], (0, 0), reach)
    filled = np.where(free[..., None] > 0, view, around / np.maximum(weight, 1e-4))
    return np.clip(np.rint(filled), 0, 255).astype(np.uint8)
