"""``sluice permute`` and ``sluice match``: models tried on a folder, with and without torch."""

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from imaging.codec import Codec
from review.experiments.samples import drawn, samples
from review.experiments.statistics import paired, sign_test
from tests.harness.command import Answer, call
from tests.models import networks
from tests.review.experiments.commands import json_of, match, photo
from worker.peak_memory import Gauge

pytestmark = pytest.mark.usefixtures("library")


def test_pictures_are_found_with_the_masks_beside_them_and_vectors_by_what_was_before(folder: Path) -> None:
    result = {sample.name: sample for sample in samples(Codec(), [folder])}
    assert list(result) == [f"{seed}.png" for seed in range(6)]
    assert result["0.png"].mask(photo(0)).sum() == 20 * 40 * 255
    assert result["1.png"].mask_path is None
    for part in ("before", "after", "mask"):
        cv2.imwrite(str(folder / f"v.{part}.png"), photo(9)[..., 0])
    (vector,) = [sample for sample in samples(Codec(), [folder]) if sample.name.startswith("v")]
    assert (vector.name, vector.mask_path) == ("v.before.png", folder / "v.mask.png")


@pytest.mark.parametrize("size", [(16, 16), (200, 150), (90, 700), (1600, 400)])
def test_a_drawn_mask_holds_letters_and_leaves_most_of_the_picture(size: tuple[int, int]) -> None:
    mask = drawn(*size)
    assert mask.shape == size[::-1]
    assert 0 < np.mean(mask > 0) < 0.3
    assert np.array_equal(mask, drawn(*size))


def test_a_difference_is_clear_or_chance_and_of_few_pictures_neither() -> None:
    random = np.random.default_rng(1)
    noise = random.normal(0, 1, 30)
    base = random.normal(5, 3, 30)
    assert not paired(list(base), list(base + noise - noise.mean())).is_clear
    clear = paired(list(base), list(base + noise + 3))
    assert clear.is_clear
    assert clear.low < clear.mean < clear.high
    assert math.isinf(paired([1, 2], [8, 9]).low)
    assert not paired([], []).is_clear


def test_the_sign_test_is_the_binomial_one() -> None:
    from scipy.stats import binomtest

    for one, other in ((0, 0), (0, 6), (3, 5), (1, 9)):
        expected = binomtest(one, one + other).pvalue if one + other else 1.0
        assert sign_test(one, other) == pytest.approx(expected)


def test_the_gauge_sees_memory_that_was_taken_and_given_back() -> None:
    gauge = Gauge("cpu")
    block = np.ones(8_000_000)
    del block
    peak = gauge.peak()
    if peak is None:
        pytest.skip("this system does not tell")
    assert 50 < peak < 200


def permute(folder: Path, out: Path, recipe: Path, *words: object) -> Answer:
    return call("permute", folder, "--out", out, "--recipe", recipe, *words)


def test_what_hangs_on_the_seed_stands_before_what_does_not(
    folder: Path, tmp_path: Path, recipe: Path
) -> None:
    words = ("-t", "erase_text", "-m", "telea,surroundings", "--seeds", 2, "--json")
    result = json_of(permute(folder, tmp_path / "out", recipe, *words))
    rows = result["rows"]
    assert len(rows) == 12
    assert result["drawn"] == 5
    assert all(row["seeds_apart"] == 0 for row in rows if row["model"] == "telea")
    assert all(row["seeds_apart"] > 0 for row in rows if row["model"] == "surroundings")
    assert all(row["since_last"] is None for row in rows)
    steady = [row for row in rows if not row["flips"]]
    assert [row["seeds_apart"] for row in steady] == sorted(
        (row["seeds_apart"] for row in steady), reverse=True
    )
    assert all((tmp_path / "out" / file).is_file() for row in rows for file in row["files"])


def test_the_next_run_is_compared_with_the_last(folder: Path, tmp_path: Path, recipe: Path) -> None:
    out = tmp_path / "out"
    words = ("-t", "erase_text", "-m", "surroundings", "-n", 1)
    json_of(permute(folder, out, recipe, *words, "--json"))
    again = json_of(permute(folder, out, recipe, *words, "--json"))
    assert all(row["since_last"] == 0 for row in again["rows"])
    assert again["last_at"]
    assert again["brittle"] == 0
    changed = out / "surroundings" / "3.png.seed0.png"
    cv2.imwrite(str(changed), np.full((150, 200, 3), 5, np.uint8))
    shown = permute(folder, out, recipe, *words)
    assert "brittle" in shown.out
    assert shown.out.index("3.png") < shown.out.index("0.png")
    assert "1 of 6 brittle" in shown.out


def test_a_verdict_that_turned_since_the_last_run_stands_first(
    folder: Path, tmp_path: Path, recipe: Path
) -> None:
    out = tmp_path / "out"
    words = ("-t", "upscale", "-m", "lanczos", "-n", 1, "--json")
    cv2.imwrite(str(folder / "0.png"), photo(0, (100, 80)))
    (folder / "0.mask.png").unlink()
    json_of(permute(folder, out, recipe, *words))
    book = json.loads((out / "permute.json").read_text())
    for row in book["rows"]:
        if row["name"] == "4.png":
            row["verdicts"] = ["flag" if row["verdicts"] == ["pass"] else "pass"]
            row["revision"] = "old"
    (out / "permute.json").write_text(json.dumps(book))
    result = json_of(permute(folder, out, recipe, *words))
    assert (result["rows"][0]["name"], result["rows"][0]["flips"]) == ("4.png", True)
    assert result["brittle"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-t", "deliver", "-m", "telea"), "models can be compared in denoise, erase_text"),
        (("-t", "erase_text", "-m", "telea,telea"), "name each model once"),
        (("-t", "erase_text", "-m", "lanczos"), "a model for upscale, not for fill"),
    ],
)
def test_what_cannot_be_permuted_is_refused(
    folder: Path, tmp_path: Path, recipe: Path, words: tuple[str, ...], message: str
) -> None:
    answer = permute(folder, tmp_path / "out", recipe, *words)
    assert answer.code in (1, 2)
    assert message in answer.err


def test_another_transforms_outputs_are_not_written_over(folder: Path, tmp_path: Path, recipe: Path) -> None:
    json_of(permute(folder, tmp_path / "out", recipe, "-t", "upscale", "-m", "lanczos", "-n", 1, "--json"))
    answer = permute(folder, tmp_path / "out", recipe, "-t", "erase_text", "-m", "telea")
    assert (answer.code, answer.out) == (2, "")
    assert "holds outputs of upscale" in answer.err


def test_a_network_is_matched_and_permuted_as_any_model(folder: Path, tmp_path: Path, recipe: Path) -> None:
    networks.need_torch()
    path = tmp_path / "span.safetensors"
    networks.put(networks.save(path, networks.spandrel_state("span")), "tiny_span", "upscale")
    result = json_of(match("lanczos", "tiny_span", folder, recipe, "--json"))
    assert result["models"][1]["revision"].startswith("1/")
    assert result["second_less_first"]["distance"]["low"] > 0
    assert "lanczos is closer to the original" in result["reading"]
    words = ("-t", "upscale", "-m", "tiny_span", "-n", 1, "--json")
    json_of(permute(folder, tmp_path / "out", recipe, *words))
    again = json_of(permute(folder, tmp_path / "out", recipe, *words))
    assert all(row["since_last"] == 0 for row in again["rows"])
