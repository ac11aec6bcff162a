"""Spot checks in the records: a sample that outlives restarts, several reviewers, controls, undo."""

from collections import Counter
from functools import partial

import pytest

from line.errors import InputError
from records.spot_checks import checks, controls, results, sample
from records.spot_checks.checks import Question, Verdict
from records.spot_checks.results import Summary
from tests.harness import db_builders
from tests.harness.context import transact
from tests.harness.doubts import badly_filled
from tests.harness.line import Line

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

ADA, BOB = "person:ada", "person:bob"


def begun(images: int, control_share: float = 0.0, seed: int = 7) -> int:
    """A batch that was delivered, with a spot check of that seed."""
    batch = db_builders.delivered(images)
    transact(partial(checks.start, batch_id=batch, reviewer=ADA, control_share=control_share))
    db_builders.execute("UPDATE spot_checks SET seed = :seed WHERE batch_id = :batch", seed=seed, batch=batch)
    return batch


def ask(batch: int, reviewer: str = ADA, count: int = 1) -> list[Question]:
    return transact(
        partial(checks.open_questions, batch_id=batch, reviewer=reviewer, count=count), actor=reviewer
    )


def answer(question: Question, verdict: Verdict = Verdict.GOOD, reviewer: str = ADA) -> None:
    transact(partial(checks.answer, question_id=question.id, reviewer=reviewer, verdict=verdict))


def judge(batch: int, *verdicts: Verdict, reviewer: str = ADA) -> None:
    for verdict in verdicts:
        (question,) = ask(batch, reviewer)
        answer(question, verdict, reviewer)


def summary(batch: int) -> Summary:
    return transact(partial(results.summary, batch_id=batch))


def drawn(batch: int) -> list[int]:
    rows = db_builders.execute(
        "SELECT image_id FROM spot_questions WHERE batch_id = :batch AND NOT is_second ORDER BY number",
        batch=batch,
    )
    return list(rows.scalars())


def test_a_question_stays_the_same_until_it_is_answered() -> None:
    batch = begun(5)
    first, second = ask(batch, count=2)
    assert [question.id for question in ask(batch, count=2)] == [first.id, second.id]
    answer(first)
    assert ask(batch)[0].id == second.id


def test_every_delivered_picture_is_drawn_once_and_then_none_is_left() -> None:
    batch = begun(6)
    judge(batch, *[Verdict.GOOD] * 6)
    assert ask(batch) == []
    assert sorted(drawn(batch)) == sorted(row.id for row in db_builders.rows(batch))


def test_the_sample_follows_from_its_seed() -> None:
    batch = begun(8, seed=11)
    judge(batch, *[Verdict.GOOD] * 4)
    first = drawn(batch)
    db_builders.execute("DELETE FROM spot_questions WHERE batch_id = :batch", batch=batch)
    judge(batch, *[Verdict.GOOD] * 4)
    assert drawn(batch) == first
    db_builders.execute("DELETE FROM spot_questions WHERE batch_id = :batch", batch=batch)
    db_builders.execute("UPDATE spot_checks SET seed = 12 WHERE batch_id = :batch", batch=batch)
    judge(batch, *[Verdict.GOOD] * 4)
    assert drawn(batch) != first


@pytest.mark.parametrize("listed", [10_000, 0])
def test_each_delivered_picture_is_drawn_as_often_as_any_other(
    listed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from random import Random

    monkeypatch.setattr(sample, "MAX_LISTED", listed)
    batch = db_builders.delivered(5)
    flagged = db_builders.rows(batch)[2].id
    db_builders.execute("UPDATE images SET state = 'flagged' WHERE id = :id", id=flagged)
    counts = Counter(
        transact(partial(sample.draw, batch_id=batch, drawn=[], random=Random(f"even:{number}")))
        for number in range(200)
    )
    assert set(counts) == {row.id for row in db_builders.rows(batch, "delivered")}
    assert min(counts.values()) > 25


def test_two_reviewers_are_asked_about_different_pictures() -> None:
    batch = begun(6)
    ask(batch, ADA, 3), ask(batch, BOB, 3)
    assert len(set(drawn(batch))) == 6
    with pytest.raises(InputError, match="somebody else"):
        answer(ask(batch, ADA)[0], reviewer=BOB)


def test_a_second_reviewer_judges_pictures_that_were_drawn_for_it_and_agreement_is_reported() -> None:
    batch = begun(4)
    for verdict in (Verdict.GOOD, Verdict.BAD, Verdict.GOOD):
        (question,) = ask(batch)
        db_builders.execute("UPDATE spot_questions SET wants_second = true WHERE id = :id", id=question.id)
        answer(question, verdict)
    assert ask(batch, BOB)[0].after == ask(batch, BOB)[0].after
    judge(batch, Verdict.GOOD, Verdict.BAD, Verdict.BAD, reviewer=BOB)
    result = summary(batch)
    assert (result.judged, len(result.bad)) == (3, 1)
    assert result.agreement.pairs == 3
    assert result.agreement.agreed == pytest.approx(2 / 3)
    assert result.agreement.kappa == pytest.approx(0.4)
    assert len(set(drawn(batch))) == 3


def test_a_question_left_open_for_long_is_asked_of_another_reviewer() -> None:
    batch = begun(3)
    (left,) = ask(batch, ADA)
    assert ask(batch, BOB)[0].id != left.id
    db_builders.execute(
        "UPDATE spot_questions SET asked_at = now() - interval '2 hours' WHERE id = :id", id=left.id
    )
    assert left.id in [question.id for question in ask(batch, BOB, 2)]


def test_an_answer_is_undone_and_its_picture_comes_first_again() -> None:
    batch = begun(4)
    judge(batch, Verdict.GOOD)
    (second,) = ask(batch)
    answer(second, Verdict.BAD)
    ask(batch)
    assert len(summary(batch).bad) == 1
    assert transact(partial(checks.undo, batch_id=batch, reviewer=ADA)) == second.id
    assert ask(batch)[0].id == second.id
    assert (summary(batch).judged, summary(batch).bad) == (1, [])
    transact(partial(checks.undo, batch_id=batch, reviewer=ADA))
    with pytest.raises(InputError, match="no answer"):
        transact(partial(checks.undo, batch_id=batch, reviewer=ADA))


def test_the_bound_is_that_of_the_judged_pictures_and_a_picture_that_is_unclear_counts_nowhere() -> None:
    batch = begun(20)
    assert summary(batch).upper == 1.0
    judge(batch, Verdict.GOOD, Verdict.UNCLEAR, Verdict.BAD, *[Verdict.GOOD] * 17)
    result = summary(batch)
    assert (result.judged, len(result.bad), result.unclear, result.delivered) == (19, 1, 1, 20)
    assert result.upper == pytest.approx(2 / 20)
    assert "1 of 19 pictures bad: at most 10 %" in result.sentence


def test_a_bad_picture_that_was_taken_back_still_counts_as_delivered_bad() -> None:
    from records import decisions

    batch = begun(3)
    judge(batch, Verdict.BAD, Verdict.GOOD, Verdict.GOOD)
    (bad,) = summary(batch).bad
    transact(partial(decisions.reject, image_id=bad.image), actor=ADA)
    result = summary(batch)
    assert (result.delivered, result.bad[0].state) == (3, "discarded")
    assert result.upper == pytest.approx(1 / 3)


def test_controls_look_like_any_question_measure_reviewers_and_never_count_for_the_bound(
    records: Line,
) -> None:
    for row in transact(controls.listed):
        transact(partial(controls.remove, image_id=row.image))
    (bad_control,) = badly_filled(records.env["SLUICE_BUCKET_URL"])
    good = db_builders.rows(db_builders.delivered(1))[0].id
    transact(partial(controls.add, image_id=bad_control, is_bad=True, person=ADA))
    transact(partial(controls.add, image_id=good, is_bad=False, person=ADA))
    batch = begun(30, control_share=0.5)
    judge(batch, *[Verdict.BAD] * 12)
    result = summary(batch)
    (ada,) = result.reviewers
    assert (ada.accuracy.sensitivity, ada.accuracy.specificity) == (1.0, 0.0)
    assert (ada.answers, result.judged) == (12, 10)
    assert {bad_control, good}.isdisjoint(bad.image for bad in result.bad)
    assert ada.seconds >= 0


def test_a_control_needs_a_result_and_can_be_taken_out_again() -> None:
    waiting = db_builders.rows(db_builders.batch(1))[0].id
    with pytest.raises(InputError, match="shows no result"):
        transact(partial(controls.add, image_id=waiting, is_bad=True, person=ADA))
    with pytest.raises(InputError, match="no image"):
        transact(partial(controls.add, image_id=987654, is_bad=True, person=ADA))
    with pytest.raises(InputError, match="no control"):
        transact(partial(controls.remove, image_id=waiting))
    with pytest.raises(InputError, match="share of controls"):
        begun(1, control_share=0.9)
