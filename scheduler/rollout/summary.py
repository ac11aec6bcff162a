"""What the evidence says of a rollout, for its decision, for people and for programs."""

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from records.rollouts import requeue
from records.rollouts import rollout as records
from records.rollouts.rollout import Rollout
from scheduler.rollout.evidence import (
    Decision,
    Pairs,
    Rule,
    decide,
    evidence_of_harm,
    evidence_of_harmlessness,
    interval,
)

INTERVAL_ALPHA: Final = 0.05
"""Probability that the interval that is shown misses the true change."""


@dataclass(frozen=True, slots=True)
class Summary:
    """A rollout and what its pairs say.

    Attributes:
        uploads: number of uploads that the pairs come from.
        shipped: photos that went on with the candidate's picture, at any time.
    """

    rollout: Rollout
    uploads: int
    shipped: int

    @classmethod
    def of(cls, connection: sa.Connection, rollout: Rollout) -> "Summary":
        """Of a rollout as it was read."""
        uploads = records.uploads(connection, rollout.id)
        return cls(rollout, uploads, requeue.count_shipped(connection, rollout.id))

    @property
    def pairs(self) -> Pairs:
        return Pairs(self.rollout.worse, self.rollout.better, self.rollout.equal)

    @property
    def preferences(self) -> Pairs:
        """People's blind answers as pairs: worse where they prefer the model in use."""
        rollout = self.rollout
        return Pairs(rollout.prefers_incumbent, rollout.prefers_candidate, rollout.prefers_neither)

    @property
    def rule(self) -> Rule:
        return Rule(margin=self.rollout.margin, max_pairs=self.rollout.max_pairs)

    @property
    def decision(self) -> Decision:
        """What the gates' verdicts and people's answers say together; proven harm of either rolls back."""
        if self._is_disliked:
            return Decision.ROLL_BACK
        return decide(self.pairs, self.uploads, self.rule)

    @property
    def harm_sentence(self) -> str:
        """Why it is rolled back by evidence."""
        if self._is_disliked:
            answers = self.preferences
            return f"people preferred {self.rollout.incumbent} in {answers.worse} of {answers.count} blind comparisons"
        return f"worse on {self.rollout.pairs} pairs: {self.change_words}"

    @property
    def change_words(self) -> str:
        """``worse 9, better 2, Δ +2.3 pp [0.2, 4.4]``."""
        return f"worse {self.rollout.worse}, better {self.rollout.better}, Δ {self.change_percent}"

    @property
    def change_percent(self) -> str:
        """The change of the artifact rate with its interval: ``+2.3 pp [0.2, 4.4]``."""
        low, high = interval(self.pairs, INTERVAL_ALPHA)
        return f"{100 * self.pairs.change:+.1f} pp [{100 * low:.1f}, {100 * high:.1f}]"

    @property
    def harm_words(self) -> str:
        """Evidence of harm, of how much that rolls back: ``4.7 of 20``."""
        return f"{_short(evidence_of_harm(self.pairs))} of {1 / self.rule.alpha:.0f}"

    @property
    def harmlessness_words(self) -> str:
        """Evidence of harmlessness, of how much that ends the shadow: ``0.49 of 20``."""
        evidence = evidence_of_harmlessness(self.pairs, self.rule.margin)
        return f"{_short(evidence)} of {self.rule.evidence_to_promote(self.uploads):.0f}"

    @property
    def line(self) -> str:
        """One line for people: pairs, change with its interval, and how much evidence there is of what is needed."""
        rollout = self.rollout
        return (
            f"{rollout.candidate} vs {rollout.incumbent} · {rollout.pairs} pairs · {self.change_words} · "
            f"evidence of harm {self.harm_words}, of harmlessness {self.harmlessness_words}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON; rates are 0..1."""
        rollout, pairs = self.rollout, self.pairs
        columns = {name: getattr(rollout, name) for name in Rollout.__slots__ if name != "id"}
        return {
            "rollout": rollout.id,
            **columns,
            "state": rollout.state.value,
            "pairs": rollout.pairs,
            "uploads": self.uploads,
            "shipped": self.shipped,
            "change": pairs.change,
            "interval": list(interval(pairs, INTERVAL_ALPHA)),
            "evidence_of_harm": evidence_of_harm(pairs),
            "evidence_of_harmlessness": evidence_of_harmlessness(pairs, rollout.margin),
            "evidence_to_roll_back": 1 / self.rule.alpha,
            "evidence_to_promote": self.rule.evidence_to_promote(self.uploads),
        }

    @property
    def _is_disliked(self) -> bool:
        return evidence_of_harm(self.preferences) >= 1 / self.rule.preference_alpha


def _short(value: float) -> str:
    """An e-value in few characters."""
    if value >= 1000:
        return "over 1000"
    return f"{value:.0f}" if value >= 100 else f"{value:.2g}"
