"""What is done with each region: one table, and every number that it hangs on."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

REGION_FROM = 0.35
"""Minimum probability for a pixel to belong to a region."""
PEAK_FROM = 0.5
"""Minimum probability of a region's strongest pixel."""
CERTAIN_FROM = 0.75
"""Probability from which a panel's pixel is certain."""
MASK_FROM = 0.4
"""Minimum probability for a pixel to be erased."""
MIN_PIXELS = 12
"""Minimum size of a region (pixels of the maps)."""
LEVEL_DEGREES = 8.0
"""Angle up to which a region counts as level."""
TURNED_SHARE = 0.75
"""Share of its upright box up to which a region's turned box is used instead."""
GRAPHIC_DEPTH = 0.28
"""Depth of solid ink, in shares of its box's shorter side, from which a region is a graphic."""
LARGE_AREA = 0.1
"""Share of the photo from which an overlay is large."""
LARGE_UNSURE = 0.2
"""Probability from which a person is asked about a large region."""
FAINT_OPACITY = 0.62
"""Opacity below which an overlay is see-through, like a watermark."""
FAINT_CONTRAST = 22.0
"""Distance from its ground below which an overlay is hardly visible, like a watermark (levels over RGB)."""
UNCLEAR_SHARE = 0.35
"""Share of a panel that must be uncertain for a person to draw its outline."""

FEATURES = ("ink", "panel", "print", "log_pixels", "log_density")
"""What a region's probability follows from; see ``overlay.regions``."""
MEANS = (0.5864, 0.1856, 0.3029, 5.2625, -1.3375)
WEIGHTS = (9.0501, 6.2876, -2.7593, 0.0207, -0.4867)
INTERCEPT = 0.6497
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
        unclear: share of its panel that is uncertain, 0..1.
        rights: whether the vendor attested its right to have watermarks removed.
        graphic: whether it is a sign or picture.
    """

    probability: float
    faint: bool
    area: float
    unclear: float
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
        unclear_from: bound of the uncertain share.
        rights, faint, graphic: None: whatever they are.
    """

    decision: Decision
    reason: str = ""
    below: float = np.inf
    at_least: float = 0.0
    area_below: float = np.inf
    unclear_from: float = -np.inf
    rights: bool | None = None
    faint: bool | None = None
    graphic: bool | None = None

    def holds(self, case: Case) -> bool:
        """Whether this row is about ``case``."""
        return (
            self.at_least <= case.probability < self.below
            and case.area < self.area_below
            and case.unclear >= self.unclear_from
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
        Rule(Decision.ASK, "banner_unclear", unclear_from=UNCLEAR_SHARE),
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
