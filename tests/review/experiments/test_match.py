"""Two models beside each other on the same pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.harness.line import environment
from tests.harness.plugged_in import plug_in
from tests.review.experiments.commands import json_of, match

pytestmark = pytest.mark.usefixtures("library")


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
    from models.telea import Telea

    plug_in(monkeypatch, type("Twin", (Telea,), {"name": "twin"}))
    result = json_of(match("telea", "twin", folder, recipe, "--json"))
    assert all(value == 0 for value in result["second_beside_first"].values())
    assert result["flags_by_chance"] == 1
    assert "neither is significantly closer to the original" in result["reading"]
    assert result["drawn_masks"] == 5


def test_what_a_step_leaves_alone_is_counted_and_not_measured(
    folder: Path, recipe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.non_local_means import NonLocalMeans

    plug_in(monkeypatch, type("Twin", (NonLocalMeans,), {"name": "twin"}))
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
