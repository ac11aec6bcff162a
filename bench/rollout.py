"""Simulated rollouts: how often the evidence decides wrongly, and how many photos it needs.

python -m bench.rollout            # 400 rollouts of each scenario: one upload, alike, clustered by vendor
python -m bench.rollout --quick    # 60 of each

Each photo is a pair: only the candidate's result is flagged, only the other one's, or both are alike. The evidence is
looked at after every 16 photos. One upload: all photos are of one. Alike: they arrive upload by upload, and vendors do
not differ. Clustered: vendors differ in both rates by a gamma factor (shape 1). A rollback is wrong where the candidate
is not worse, a promotion where it is worse by the margin or more.
"""

from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from bench import entry
from scheduler.rollout.evidence import Decision, Pairs, Rule, decide

LOOK_EVERY = 16
"""Photos between two looks."""
VENDORS = 40
UPLOAD = 60
"""Photos of one upload that are chosen for the rollout, mean."""
KINDS = ("one upload", "alike", "clustered")
SCENARIOS = {
    "near-identical": (0.002, 0.002),
    "no change": (0.01, 0.01),
    "+1 point": (0.02, 0.01),
    "+2 points": (0.03, 0.01),
    "+5 points": (0.06, 0.01),
    "+13 points": (0.14, 0.01),
}
"""Rate of photos on which only the candidate, and only the model in use, is flagged."""


@dataclass(frozen=True)
class Row:
    """What came of the rollouts of one scenario; shares 0..1, photos per decision."""

    scenario: str
    photos: str
    rollouts: int
    rolled_back: float
    promoted: float
    inconclusive: float
    wrong: float
    photos_median: float
    photos_q90: float


def main() -> None:
    options = entry.parser(__doc__)
    options.add_argument("--rollouts", type=int, default=400, help="of each scenario")
    options.add_argument("--seed", type=int, default=1)
    given = entry.parse(options, quick={"rollouts": 60})
    random = np.random.default_rng(given.seed)
    rows = [measure(name, kind, given.rollouts, random) for kind in KINDS for name in SCENARIOS]
    show(rows)
    entry.write(given.json, [asdict(row) for row in rows])


def measure(name: str, kind: str, rollouts: int, random: np.random.Generator) -> Row:
    """Simulate the rollouts of one scenario."""
    rule = Rule()
    worse, better = SCENARIOS[name]
    ends = [simulated(*arrivals(worse, better, kind, rule.max_pairs, random), rule) for _ in range(rollouts)]
    share = {decision: sum(end[0] is decision for end in ends) / rollouts for decision in Decision}
    wrong = share[Decision.ROLL_BACK] * (worse <= better)
    wrong += share[Decision.PROMOTE] * (worse - better >= rule.margin - 1e-9)
    photos = [count for _, count in ends]
    return Row(
        scenario=name,
        photos=kind,
        rollouts=rollouts,
        rolled_back=share[Decision.ROLL_BACK],
        promoted=share[Decision.PROMOTE],
        inconclusive=share[Decision.INCONCLUSIVE],
        wrong=wrong,
        photos_median=float(np.median(photos)),
        photos_q90=float(np.quantile(photos, 0.9)),
    )


def arrivals(
    worse: float, better: float, kind: str, count: int, random: np.random.Generator
) -> tuple[NDArray[np.int8], NDArray[np.int64]]:
    """[count] int8, the outcome of each photo as it arrives (1 worse, -1 better, 0 alike); [count] its upload."""
    sizes = random.geometric(1 / UPLOAD, count)
    uploads = (
        np.zeros(count, np.int64) if kind == "one upload" else np.repeat(np.arange(count), sizes)[:count]
    )
    factors = np.ones(count)
    if kind == "clustered":
        of_vendor = random.gamma(1.0, 1.0, VENDORS)
        of_vendor /= of_vendor.mean()
        vendor_of_upload = random.integers(0, VENDORS, count)
        factors = np.minimum(of_vendor[vendor_of_upload[uploads]], 1 / (worse + better))
    draws = random.random(count)
    outcome = np.where(draws < factors * worse, 1, np.where(draws < factors * (worse + better), -1, 0))
    return outcome.astype(np.int8), uploads


def simulated(outcomes: NDArray[np.int8], uploads: NDArray[np.int64], rule: Rule) -> tuple[Decision, int]:
    """The decision, and the photos that it took."""
    worse, better = (outcomes == 1).cumsum(), (outcomes == -1).cumsum()
    for count in range(LOOK_EVERY, len(outcomes) + 1, LOOK_EVERY):
        a, b = int(worse[count - 1]), int(better[count - 1])
        decision = decide(Pairs(a, b, count - a - b), int(uploads[count - 1]) + 1, rule)
        if decision is not Decision.GO_ON:
            return decision, count
    return Decision.INCONCLUSIVE, len(outcomes)


def show(rows: list[Row]) -> None:
    print(
        f"{'scenario':16}{'photos':11}{'rolled back':>12}{'promoted':>10}{'open':>7}{'wrong':>7}{'median':>8}{'q90':>7}"
    )
    for row in rows:
        print(
            f"{row.scenario:16}{row.photos:11}{row.rolled_back:12.1%}{row.promoted:10.1%}{row.inconclusive:7.1%}"
            f"{row.wrong:7.1%}{row.photos_median:8.0f}{row.photos_q90:7.0f}"
        )


if __name__ == "__main__":
    main()
