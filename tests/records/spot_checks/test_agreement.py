"""Agreement of reviewers with each other and with controls."""

import pytest
from sklearn.metrics import cohen_kappa_score

from records.spot_checks.agreement import Accuracy, agreement


@pytest.mark.parametrize(
    ("both_good", "only_first", "only_second", "both_bad"), [(20, 5, 10, 15), (40, 1, 0, 3), (1, 9, 9, 1)]
)
def test_kappa_is_that_of_an_independent_implementation(
    both_good: int, only_first: int, only_second: int, both_bad: int
) -> None:
    pairs = [(False, False)] * both_good + [(True, False)] * only_first
    pairs += [(False, True)] * only_second + [(True, True)] * both_bad
    result = agreement(pairs)
    assert result.pairs == len(pairs)
    assert result.agreed == pytest.approx((both_good + both_bad) / len(pairs))
    assert result.kappa == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)))


def test_reviewers_who_call_everything_good_agree_and_have_no_kappa() -> None:
    assert agreement([(False, False)] * 9) == agreement([(False, False)] * 9)
    assert (agreement([(False, False)] * 9).agreed, agreement([(False, False)] * 9).kappa) == (1.0, None)


def test_without_pairs_there_is_nothing_to_say() -> None:
    result = agreement([])
    assert (result.pairs, result.agreed, result.kappa) == (0, None, None)


def test_accuracy_is_by_kind_of_control() -> None:
    accuracy = Accuracy(bad=4, caught=3, good=10, passed=9)
    assert (accuracy.sensitivity, accuracy.specificity) == (0.75, 0.9)
    assert (Accuracy().sensitivity, Accuracy().specificity) == (None, None)
