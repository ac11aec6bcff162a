import pytest

from training.split import Part, part_of


@pytest.mark.parametrize(
    ("digit", "part"),
    [
        ("0", Part.TRAINING),
        ("c", Part.TRAINING),
        ("d", Part.CALIBRATION),
        ("e", Part.REPORT),
        ("f", Part.REPORT),
    ],
)
def test_the_first_digit_of_a_files_hash_says_what_it_is_used_for(digit: str, part: Part) -> None:
    assert part_of(digit + "0" * 63) is part
