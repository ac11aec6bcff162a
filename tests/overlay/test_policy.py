import pytest

from overlay.policy import Case, Decision, Thresholds, decide, table

RULES = table(Thresholds(sure=0.9, unsure=0.5))


def case(probability: float, **more: object) -> Case:
    """A plain opaque text of a usual size."""
    usual: dict[str, object] = {
        "faint": False,
        "area": 0.01,
        "rights": False,
        "graphic": False,
    }
    return Case(probability=probability, **(usual | more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "decision", "reason"),
    [
        (case(0.95), Decision.ERASE, ""),
        (case(0.7), Decision.ASK, "overlay_or_print"),
        (case(0.7, graphic=True), Decision.ASK, "graphic_or_print"),
        (case(0.3), Decision.KEEP, ""),
        (case(0.3, area=0.2), Decision.ASK, "overlay_or_print"),
        (case(0.1, area=0.2), Decision.KEEP, ""),
        (case(0.95, faint=True), Decision.ASK, "faint_text"),
        (case(0.95, faint=True, rights=True), Decision.ERASE, ""),
        (case(0.7, faint=True, rights=True), Decision.ASK, "overlay_or_print"),
    ],
)
def test_each_region_gets_the_first_row_that_holds(one: Case, decision: Decision, reason: str) -> None:
    assert decide(one, RULES) == (decision, reason)


def test_some_row_holds_whatever_a_region_is_like() -> None:
    for probability in (0.0, 0.2, 0.5, 0.9, 1.0):
        for faint in (False, True):
            for area in (0.0, 0.1, 1.0):
                for rights in (False, True):
                    one = case(probability, faint=faint, area=area, rights=rights)
                    assert decide(one, RULES)[0] in Decision
