"""``sluice permute`` and ``sluice match``: models tried on a folder, with and without torch."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from imaging.codec import Codec
from line.picture import Rgb
from review.experiments.samples import drawn, samples
from review.experiments.statistics import paired, sign_test
from tests.harness.command import Answer, call
from tests.harness.line import environment
from tests.models import networks
from worker.peak_memory import Gauge


@pytest.fixture(autouse=True)
def _home(tmp_path: Path) -> Iterator[None]:
    """A library of its own; the commands pin this very process."""
    env = {"SLUICE_HOME": str(tmp_path / "home"), "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    with environment(env):
        yield


def photo(seed: int, size: tuple[int, int] = (200, 150)) -> Rgb:
    random = np.random.default_rng(seed)
    soft = cv2.resize(random.integers(60, 200, (5, 6, 3), np.uint8), size, interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(soft + random.normal(0, 4, soft.shape), 0, 255), np.uint8)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Six photos; the first has a mask beside it."""
    path = tmp_path / "set"
    path.mkdir()
    for seed in range(6):
        cv2.imwrite(str(path / f"{seed}.png"), photo(seed))
    mask = np.zeros((150, 200), np.uint8)
    mask[40:60, 50:90] = 255
    cv2.imwrite(str(path / "0.mask.png"), mask)
    return path


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """Without a step that finds text: no gate asks the detector."""
    path = tmp_path / "plain.toml"
    steps = ("admit", "erase_text", 'upscale"\ntarget = 180\nfloor = 16\n#', "deliver")
    path.write_text('name = "plain"\n' + "".join(f'[[steps]]\ntransform = "{step}"\n' for step in steps))
    return path


def json_of(answer: Answer) -> Any:
    assert answer.code == 0, answer.out + answer.err
    return json.loads(answer.out)


# --- what is tried --------------------------------------------------------------------------------


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


# --- permute ---------------------------------------------------------------------------------------


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


# --- match -----------------------------------------------------------------------------------------


def match(one: str, other: str, folder: Path, recipe: Path, *words: object) -> Answer:
    return call("match", one, other, "--set", folder, "--recipe", recipe, *words)


def test_enlargements_are_held_against_the_photo_that_was_halved(folder: Path, recipe: Path) -> None:
    result = json_of(match("lanczos", "back_projection", folder, recipe, "--json"))
    one, other = result["models"]
    assert (result["transform"], result["pictures"], result["distance"]) == ("upscale", 6, "gmsd")
    assert result["instead_of"]
    assert result["against"].startswith("the original")
    assert other["fine"] > one["fine"]
    assert result["second_less_first"]["fine"]["low"] > 0
    assert result["second_beside_first"]["fine"] > 0
    for side in result["models"]:
        assert 0 < side["median_seconds"] <= side["worst_seconds"]
        assert side["declared_memory"] > 0
        assert side["cost_per_thousand"] is None
        assert set(side["images"]) == {f"{seed}.png" for seed in range(6)}


def test_a_model_beside_itself_differs_in_nothing_that_chance_does_not_explain(
    folder: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.contract import registry
    from models.telea import Telea

    twin = type("Twin", (Telea,), {"name": "twin"})
    monkeypatch.setitem(registry().models, "twin", twin)
    result = json_of(match("telea", "twin", folder, recipe, "--json"))
    assert all(value == 0 for value in result["second_beside_first"].values())
    assert result["flags_by_chance"] == 1
    assert "neither is significantly closer to the original" in result["reading"]
    assert result["drawn_masks"] == 5


def test_what_a_step_leaves_alone_is_counted_and_not_measured(
    folder: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.contract import registry
    from models.non_local_means import NonLocalMeans

    monkeypatch.setitem(registry().models, "twin", type("Twin", (NonLocalMeans,), {"name": "twin"}))
    for seed in range(6):
        rough = np.random.default_rng(seed).normal(0, 8 if seed < 5 else 0, (150, 200, 3))
        noisy = np.clip(np.full((150, 200, 3), 120.0) + rough, 0, 255).astype(np.uint8)
        cv2.imwrite(str(folder / f"{seed}.png"), noisy)
    result = json_of(match("non_local_means", "twin", folder, recipe, "--json"))
    assert [side["left_alone"] for side in result["models"]] == [1, 1]
    assert "fine" not in result["models"][0]["images"]["5.png"]
    assert result["models"][0]["fine"] < 0
    assert result["against"] == "the input"
    assert "there is no original" in result["reading"]
    shown = match("non_local_means", "twin", folder, recipe)
    assert "twin left 1 of 6 pictures unchanged" in shown.out


def test_costs_are_told_from_the_topology_and_pictures_are_kept(
    folder: Path, tmp_path: Path, recipe: Path
) -> None:
    from worker.costs import per_second

    config = tmp_path / "sluice.toml"
    config.write_text("[costs]\ncpu = 3600\n")
    per_second.cache_clear()
    try:
        with environment({"SLUICE_CONFIG": str(config)}):
            answer = match("telea", "surroundings", folder, recipe, "--out", tmp_path / "both", "--json")
    finally:
        per_second.cache_clear()
    one = json_of(answer)["models"][0]
    mean = np.mean([shot["seconds"] for shot in one["images"].values()])
    assert one["cost_per_thousand"] == pytest.approx(1000 * mean)
    assert (tmp_path / "both" / "surroundings" / "5.png.png").is_file()


def test_people_get_a_table_and_one_sentence(folder: Path, recipe: Path) -> None:
    answer = match("telea", "surroundings", folder, recipe)
    assert answer.code == 0
    for word in ("hue turned", "local contrast", "flagged by the gates", "seconds, worst", "memory", "cost"):
        assert word in answer.out
    assert "On these 6 pictures" in answer.out
    assert "[costs]" in answer.out


def test_too_few_pictures_name_no_winner(folder: Path, recipe: Path) -> None:
    for seed in range(3):
        (folder / f"{seed}.png").unlink()
    result = json_of(match("lanczos", "back_projection", folder, recipe, "--json"))
    assert result["reading"].startswith("3 pictures are too few")
    assert result["second_less_first"]["fine"]["low"] is None


@pytest.mark.parametrize(
    ("one", "other", "code", "message"),
    [
        ("telea", "telea", 2, "is compared with itself"),
        ("nobody", "telea", 2, "there is no model 'nobody'"),
        ("telea", "lanczos", 1, "a model for upscale, not for fill"),
        ("overlay_network", "telea", 2, "which returns no picture to compare"),
    ],
)
def test_what_cannot_be_matched_is_refused(
    folder: Path, recipe: Path, one: str, other: str, code: int, message: str
) -> None:
    answer = match(one, other, folder, recipe)
    assert (answer.code, answer.out) == (code, "")
    assert message in answer.err


# --- with torch --------------------------------------------------------------------------------------


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
