"""What the spot check of a batch says: the bound on bad pictures shipped, and how reviewers did."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import sqlalchemy as sa

from line.states import BatchState, ImageState
from records import batches
from records.spot_checks import sample
from records.spot_checks.agreement import Accuracy, Agreement, agreement
from records.spot_checks.bound import ALPHA, upper_bound
from records.spot_checks.checks import Verdict
from records.spot_checks.tables import spot_controls, spot_questions
from records.tables import images


@dataclass(frozen=True, slots=True)
class Reviewer:
    """One reviewer's answers in a batch.

    Attributes:
        seconds: median time of an answer, from the moment at which the picture was shown.
        accuracy: on controls.
    """

    name: str
    answers: int
    seconds: float
    accuracy: Accuracy


@dataclass(frozen=True, slots=True)
class BadPicture:
    """A delivered picture that was judged as bad; ``state`` is what the image is now."""

    image: int
    name: str
    state: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The spot check of one batch.

    Attributes:
        delivered: pictures that the batch has delivered, those taken back after their check too.
        judged: pictures of the sample that were judged, each once.
        unclear: pictures that a reviewer could not judge; they count nowhere.
        upper: the share of bad pictures is at most this (0..1), with probability 95 % at all looks together.
        reviewers: by name.
    """

    batch: int
    delivered: int
    judged: int
    bad: Sequence[BadPicture]
    unclear: int
    upper: float
    agreement: Agreement
    reviewers: Sequence[Reviewer]

    @property
    def sentence(self) -> str:
        """The result in one sentence."""
        if not self.judged:
            return f"No picture of the {self.delivered:,} delivered was judged yet."
        return (
            f"{len(self.bad):,} of {self.judged:,} pictures bad: at most {_percent(self.upper)} of the "
            f"{self.delivered:,} delivered are bad ({1 - ALPHA:.0%} sure, however often you look)."
        )


def _percent(share: float) -> str:
    """A share in percent, with two digits where it is small."""
    return f"{100 * share:.0f} %" if share >= 0.1 else f"{100 * share:.2g} %"


def summary(connection: sa.Connection, batch_id: int) -> Summary:
    """The result of a batch's spot check so far.

    Raises:
        InputError: there is no batch of that id.
    """
    batch = batches.get(connection, batch_id)
    rows = _answers(connection, batch_id)
    sampled = [row for row in rows if not row.is_second and row.control_id is None]
    judged = [row for row in sampled if row.verdict != Verdict.UNCLEAR]
    gone = sum(row.state != ImageState.DELIVERED for row in judged)
    delivered = sample.delivered(connection, batch_id) + gone
    # while the batch delivers, the number of pictures still grows
    population = delivered if batch.state == BatchState.DONE else None
    return Summary(
        batch=batch_id,
        delivered=delivered,
        judged=len(judged),
        bad=[
            BadPicture(row.image_id, row.name, str(row.state)) for row in judged if row.verdict == Verdict.BAD
        ],
        unclear=len(sampled) - len(judged),
        upper=upper_bound([row.verdict == Verdict.BAD for row in judged], population),
        agreement=agreement(_pairs(rows)),
        reviewers=_reviewers(rows),
    )


def _answers(connection: sa.Connection, batch_id: int) -> Sequence[sa.Row[Any]]:
    """All answers about a batch, in the order of the draw."""
    since = sa.func.coalesce(spot_questions.c.shown_at, spot_questions.c.asked_at)
    seconds = sa.extract("epoch", spot_questions.c.answered_at - since)
    query = (
        sa.select(
            spot_questions, spot_controls.c.is_bad, images.c.name, images.c.state, seconds.label("seconds")
        )
        .join(images, images.c.id == spot_questions.c.image_id)
        .outerjoin(spot_controls, spot_controls.c.id == spot_questions.c.control_id)
        .where(spot_questions.c.batch_id == batch_id, spot_questions.c.verdict.is_not(None))
        .order_by(spot_questions.c.number, spot_questions.c.is_second)
    )
    return connection.execute(query).all()


def _pairs(rows: Sequence[sa.Row[Any]]) -> list[tuple[bool, bool]]:
    """The two verdicts about each picture that two reviewers judged: whether each is bad."""
    by_number: dict[int, list[str]] = {}
    for row in rows:
        if row.control_id is None and row.verdict != Verdict.UNCLEAR:
            by_number.setdefault(row.number, []).append(row.verdict)
    both = [verdicts for verdicts in by_number.values() if len(verdicts) == 2]
    return [(first == Verdict.BAD, second == Verdict.BAD) for first, second in both]


def _reviewers(rows: Sequence[sa.Row[Any]]) -> list[Reviewer]:
    result = []
    for name in sorted({row.reviewer for row in rows}):
        answers = [row for row in rows if row.reviewer == name]
        controls = [row for row in answers if row.control_id is not None and row.verdict != Verdict.UNCLEAR]
        bad = [row.verdict == Verdict.BAD for row in controls if row.is_bad]
        good = [row.verdict == Verdict.GOOD for row in controls if not row.is_bad]
        accuracy = Accuracy(len(bad), sum(bad), len(good), sum(good))
        seconds = median(float(row.seconds) for row in answers)
        result.append(Reviewer(name, len(answers), seconds, accuracy))
    return result
