"""What is done with each region: one table, and every number that it hangs on."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

REGION_FROM = 0.35
"""Minimum probability for a pixel to belong to a region."""
PEAK_FROM = 0.5
"""Minimum probability of a region's strongest pixel."""
MASK_FROM = 0.4
"""Minimum probability for a pixel to be erased."""
MIN_PIXELS = 12
"""Minimum size of a region (pixels of the maps)."""
LETTER_GAP = (9, 5)
"""Width and height of the gap that is closed between the letters of one region (pixels of the maps)."""
GROUND_WIDTH = 4
"""Width of the ground beside a region by which its contrast is measured (pixels of the maps)."""
GRAPHIC_DEPTH = 0.28
"""Depth of solid ink, in shares of its box's shorter side, from which a region is a graphic."""
LARGE_AREA = 0.1
"""Share of the photo from which an overlay is large."""
LARGE_UNSURE = 0.2
"""Probability from which a person is asked about a large region."""
OPACITY_PERCENTILE = 75
"""Percentile of its pixels' opacity that counts as a region's: the thin strokes of solid letters look see-through."""
FAINT_OPACITY = 0.6
"""Opacity below which an overlay is see-through, like a watermark."""
FAINT_CONTRAST = 22.0
"""Distance from its ground below which an overlay is hardly visible, like a watermark (levels over RGB)."""

CLOSE_FROM = 2.4
"""Photo pixels per pixel of the maps from which regions are looked at again at the photo's own scale."""
CROP_MARGIN = 24
"""Width of the photo that the network sees around such a region (pixels of the photo)."""
MAX_CROP_SIDE = 960
"""Long side up to which such a crop keeps the photo's scale (pixels)."""
MAX_CROPS = 8
"""Number of regions that are looked at again, the largest first; a mark all over a photo has too many."""
MASK_ROOM = 2
"""Width of the rim around a region that counts as its own (pixels of the maps)."""
MIN_SEEN_AGAIN = 0.6
"""Share of a region that must be seen again at the photo's own scale for that view to count."""

MIN_ODDS = 1e-3
"""Odds that a probability counts as having at least, and as lacking to certainty."""

FEATURES = ("ink", "median_ink", "panel", "print", "log_pixels", "log_density", "opacity", "log_contrast")
"""What a region's probability follows from; see ``overlay.regions``."""
MEANS = (-0.3986, -0.8619, -2.9962, -0.8632, 5.6279, -1.3109, 0.3657, 4.0034)
WEIGHTS = (3.4053, -1.3949, 0.2898, -1.1991, 0.0579, 0.0094, 0.1196, -0.3902)
INTERCEPT = -1.6453
"""Logistic regression, fitted by ``training.overlay.calibrate``."""


class Decision(StrEnum):
    """What is done with a region."""

    KEEP = "keep"
    ERASE = "erase"
    ASK = "ask"


@dataclass(frozen=True)
class Case:
    """What the table looks at.

    Attributes:
        probability: of having been laid over the photo; 1 where a confirmed template says so.
        faint: whether it is see-through or hardly visible, like a watermark.
        area: share of the photo, 0..1.
        rights: whether the vendor attested its right to have watermarks removed.
        graphic: whether it is a sign or picture.
    """

    probability: float
    faint: bool
    area: float
    rights: bool
    graphic: bool


@dataclass(frozen=True)
class Rule:
    """One row: the decision where every bound holds.

    Attributes:
        decision: what is done.
        reason: why a person is asked; empty otherwise.
        below, at_least: bounds of the probability.
        area_below: bound of the area.
        rights, faint, graphic: None: whatever they are.
    """

    decision: Decision
    reason: str = ""
    below: float = np.inf
    at_least: float = 0.0
    area_below: float = np.inf
    rights: bool | None = None
    faint: bool | None = None
    graphic: bool | None = None

    def holds(self, case: Case) -> bool:
        """Whether this row is about ``case``."""
        return (
            self.at_least <= case.probability < self.below
            and case.area < self.area_below
            and self.rights in (None, case.rights)
            and self.faint in (None, case.faint)
            and self.graphic in (None, case.graphic)
        )


@dataclass(frozen=True)
class Thresholds:
    """A recipe's probabilities.

    Attributes:
        sure: minimum probability of an overlay that is erased without a question.
        unsure: probability below which a region is the product's own.
    """

    sure: float
    unsure: float


def table(thresholds: Thresholds) -> tuple[Rule, ...]:
    """The policy, first row first."""
    sure, unsure = thresholds.sure, thresholds.unsure
    return (
        Rule(Decision.KEEP, below=unsure, area_below=LARGE_AREA),
        Rule(Decision.KEEP, below=min(unsure, LARGE_UNSURE)),
        Rule(Decision.ASK, "faint_text", at_least=sure, faint=True, rights=False),
        Rule(Decision.ASK, "graphic_or_print", below=sure, graphic=True),
        Rule(Decision.ASK, "overlay_or_print", below=sure),
        Rule(Decision.ERASE),
    )


def decide(case: Case, rules: tuple[Rule, ...]) -> tuple[Decision, str]:
    """The decision about ``case`` and, where a person is asked, the reason."""
    rule = next(rule for rule in rules if rule.holds(case))
    return rule.decision, rule.reason


def probability(features: NDArray[np.float64]) -> float:
    """Of a region with these features having been laid over the photo, 0..1."""
    odds = INTERCEPT + float(np.dot(WEIGHTS, features - np.array(MEANS)))
    return float(1 / (1 + np.exp(-np.clip(odds, -30, 30))))
