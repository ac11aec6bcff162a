"""Examples of good and bad fills with all their figures: what the gate ``fill_evidence`` is trained on.

No picture of the tests is among them: what a test asserts is never trained on.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np

from gates.edit import Edit
from gates.patch import change
from line.picture import Edited, Picture, Rgb
from models.contract import Filler
from models.surroundings import Surroundings
from models.telea import Telea
from tasks.erase_text import erase_text
from training.eraser.pairs import CHANGED
from training.gates.captions import composite, jpeg, overlay
from training.gates.defects import erase
from training.gates.defects.visible import MAX_TRACE, SEVERITIES, trace, visibility
from training.gates.edits import damages, erasures
from training.gates.photos import Photo, photos
from training.overlay.drawing.blend import Labelled
from training.overlay.sample import draw
from training.parallel import parallel_map
from training.split import Part

CAPTIONS = 2
"""Number of captions drawn on each photo; all are filled by the truth and by the line, every other one by Telea too."""
OVERLAYS = 3
"""Number of overlays of any kind drawn on each photo, and taken off by the step itself with each of ``FILLERS``."""
DAMAGED_CAPTIONS = 1
"""Captions whose fill is damaged in every way; twice as many are damaged in the ways of :data:`VARIED`."""
VARIED = frozenset(
    {"ink bleeding", "seam", "copied texture misaligned", "fill micro-tiling", "fill invented texture"}
)
"""Kinds of damage that draw more than a strength: a width, a direction, a size."""
FILLERS: dict[str, type[Filler]] = {"fill": Surroundings, "telea": Telea}
FILLS = tuple(FILLERS)
"""Kinds that are fills as a filler made them; each is good or bad by how far it is off the truth."""
MAX_GOOD_VISIBILITY, MAX_GOOD_TRACE = 3.0, 8.0
"""Visibility and trace below which a fill is good: set by looking at fills in the order of either."""
MAX_COVERAGE = 0.12
"""Share of the photo above which the step asks a person, whatever the fill."""
EXACT = frozenset({"edit outside the mask"})
"""Kinds that another gate finds exactly; the figures of a fill do not show them."""
MIN_VISIBILITY = {defect.kind: defect.visibility_share for defect in erase.DEFECTS} | {
    "truth": 1.0,
    # a smooth fill on a clean ground is good: grain must be missed where it could nearly be seen
    "fill grain gone": 0.75,
}
"""Minimum visibility for a masked area to be an example of the damage, as a share of "just visible"."""


@dataclass(frozen=True, slots=True)
class Example:
    """One masked area of one edit.

    Attributes:
        case: the edit it comes from.
        photo: name of the photo's file.
        kind: how the fill was made: ``truth``, ``fill`` (the line's own), ``telea``, or the damage's name.
        severity: of the damage; empty for the others.
        visibility: difference to the true picture, in the units of :func:`training.gates.defects.visible.visibility`.
        trace: the same in those of :func:`training.gates.defects.visible.trace`.
        figures: by name, see :data:`gates.checks.fill.fill_evidence.FIGURES`.
    """

    case: str
    photo: str
    kind: str
    severity: str
    visibility: float
    trace: float
    figures: dict[str, float]

    @property
    def is_bad(self) -> bool | None:
        """None where it is neither good nor bad: a fill that may just be visible, or damage that hardly is."""
        if self.kind in FILLS:
            if self.visibility >= SEVERITIES["plain"] or self.trace >= MAX_TRACE:
                return True
            is_good = self.visibility < MAX_GOOD_VISIBILITY and self.trace < MAX_GOOD_TRACE
            return False if is_good else None
        if self.visibility == 0:
            return False
        return True if self.visibility >= MIN_VISIBILITY[self.kind] * SEVERITIES["just"] else None


def collect(count: int, more: int, processes: int) -> Iterator[Example]:
    """The examples of ``count`` photos of the training part, and erased overlays of ``more`` further ones."""
    chosen = list(photos(count + more, Part.TRAINING, 640))
    pairs = list(zip(chosen, chosen[1:] + chosen[:1], strict=True))
    for examples in parallel_map(_of_photo, pairs[:count], processes):
        yield from examples
    for examples in parallel_map(_erased_overlays, chosen[count:], processes):
        yield from examples


def save(examples: Iterable[Example], path: Path) -> None:
    """Write examples as JSON lines."""
    with path.open("w", encoding="utf-8") as lines:
        for example in examples:
            lines.write(json.dumps(asdict(example)) + "\n")


def load(path: Path) -> list[Example]:
    """The examples of a file written by :func:`save`."""
    with path.open(encoding="utf-8") as lines:
        return [Example(**json.loads(line)) for line in lines]


def _of_photo(pair: tuple[Photo, Photo]) -> list[Example]:
    cv2.setNumThreads(1)
    photo, other = pair
    examples: list[Example] = []
    for number in range(CAPTIONS):
        examples += _fills(photo, number)
    examples += _erased_overlays(photo)
    for number in range(2 * DAMAGED_CAPTIONS):
        again = photo.again(number)
        _, good = next(erasures(again, other))
        for defect in erase.DEFECTS:
            if defect.kind in EXACT or (number >= DAMAGED_CAPTIONS and defect.kind not in VARIED):
                continue
            for severity, _, bad in damages(good, defect, again):
                case = f"{photo.name} {defect.kind} {severity} {number}"
                examples += _of_edit(case, photo, defect.kind, bad, good.edit.after, severity)
    return examples


def _fills(photo: Photo, number: int) -> Iterator[Example]:
    """Undamaged fills of one caption: with the truth, by the line, and by Telea at every other caption."""
    again = photo.again(number)
    case = overlay(again)
    fills = {"truth": case.truth, "fill": Surroundings().fill(case.before, case.mask, seed=again.seed)}
    if number % 2:
        fills["telea"] = Telea().fill(case.before, case.mask, seed=again.seed)
    truth = composite(case.before, case.truth, case.mask)
    for kind, fill in fills.items():
        edit = Edit("erase_text", case.before, composite(case.before, fill, case.mask), case.mask)
        yield from _of_edit(f"{photo.name} {number} {kind}", photo, kind, edit, truth)


def _erased_overlays(photo: Photo) -> list[Example]:
    cv2.setNumThreads(1)
    return [example for number in range(OVERLAYS) for example in _erasures(photo, number)]


def _erasures(photo: Photo, number: int) -> Iterator[Example]:
    """Examples of one overlay of any kind, taken off by ``erase_text`` with each filler, and by the truth."""
    rng = np.random.default_rng([photo.seed, number])
    drawn = Labelled.of(photo.rgb)
    draw(drawn, rng)
    changed = change(photo.rgb, drawn.rgb) > CHANGED
    if not changed.any() or changed.mean() > MAX_COVERAGE:
        return
    quality, grow = int(rng.integers(78, 97)), int(rng.choice([0, 0, 1, 2]))
    before, clean = jpeg(drawn.rgb, quality), jpeg(photo.rgb, quality)
    mask = np.asarray(cv2.dilate(changed.astype(np.uint8) * 255, np.ones((2 * grow + 1,) * 2)), np.uint8)
    for kind, filler in FILLERS.items():
        if kind == "telea" and number:
            continue
        (outcome,) = erase_text.function([Picture(photo.name, before, mask=mask, seed=photo.seed)], filler())
        if not isinstance(outcome, Edited) or outcome.touched is None:
            continue
        truth = composite(before, clean, outcome.touched)
        case = f"{photo.name} overlay {number}"
        edit = Edit("erase_text", before, outcome.picture.rgb, outcome.touched)
        yield from _of_edit(f"{case} {kind}", photo, kind, edit, truth)
        if kind == "fill":
            exact = Edit("erase_text", before, truth, outcome.touched)
            yield from _of_edit(f"{case} truth", photo, "truth", exact, truth)


def _of_edit(
    case: str, photo: Photo, kind: str, edit: Edit, truth: Rgb, severity: str = ""
) -> Iterator[Example]:
    for patch, figures in zip(edit.patches, edit.fills, strict=True):
        x, y, width, height = patch.box
        difference = visibility(truth[y : y + height, x : x + width], patch.after)
        rounded = {name: round(value, 4) for name, value in figures.items()}
        left = 0.0
        if kind in FILLS:
            left = trace(truth[y : y + height, x : x + width], patch.after, patch.mask)
        yield Example(case, photo.name, kind, severity, round(difference, 3), round(left, 2), rounded)
