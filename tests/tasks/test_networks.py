"""Steps whose models are networks, as a recipe chains them: made small, denoised, enlarged under guidance."""

from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from line.facts import Facts
from line.picture import Edited, Picture
from models.task import Task
from tasks.recipes import check
from tasks.registry import build
from tasks.runner.execute import execute
from tasks.runner.types import Attempt, Loaded, PreparedStep
from tests.harness.context import models, weights_folder
from tests.harness.line import environment
from tests.models import networks, pipelines
from worker.model_cache import ModelCache

RECIPE = """
name = "campaign"
seed = 5

[prompts.studio]
text = "plain studio ground, soft light"
avoid = "letters"

[[steps]]
transform = "admit"

[[steps]]
transform = "restore"
model = "restoring"

[[steps]]
transform = "generate"
model = "making"
long_side = 64

[steps.options]
prompt = "studio"
steps = 2
strength = 0.5
scheduler = "DDIMScheduler"
precision = "float32"

[[steps]]
transform = "denoise"

[[steps]]
transform = "upscale"
model = "span"
target = 120
floor = 32
guide = "both"

[[steps]]
transform = "deliver"

[breaker]
min_judged = 8
"""


@pytest.fixture(scope="module", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    networks.need_torch()
    with environment({"SLUICE_HOME": str(tmp_path_factory.mktemp("campaign")), "HF_HUB_OFFLINE": "1"}):
        folder = weights_folder()
        pipelines.register("making", "generate", side=64)
        for name, kind, task in (("span", "span", "upscale"), ("restoring", "restoring", "restore")):
            path = folder / name / f"{kind}.safetensors"
            networks.put(networks.save(path, networks.spandrel_state(kind)), name, task)
        yield


def run(position: int, picture: Picture) -> Attempt:
    recipe = check(RECIPE, "campaign.toml", build(), models())
    step = recipe.steps[position]
    transform = build().get(step.transform)
    assert transform.task is not None
    assert step.model is not None
    model = models().get(step.model, transform.task)()
    model.load()
    model = model.configured(recipe.options_of(step))
    return execute(
        PreparedStep(transform, step, recipe, model, ModelCache(models())),
        [Loaded(picture, picture.seed)],
    )[0]


def photo() -> Picture:
    small = np.random.default_rng(5).integers(60, 200, (5, 6, 3), np.uint8)
    rgb = np.asarray(cv2.resize(small, (120, 100), interpolation=cv2.INTER_CUBIC), np.uint8)
    return Picture("a.jpg", rgb, seed=11, facts=Facts(width=120, height=100, fills=((10, 10, 40, 20),)))


def test_a_picture_is_made_small_denoised_and_enlarged_under_guidance() -> None:
    outcome = run(2, photo()).outcome
    assert isinstance(outcome, Edited)
    assert (outcome.picture.width, outcome.picture.height) == (64, 53)
    assert outcome.picture.facts.synthetic == "trainedAlgorithmicMedia"
    clean = run(3, outcome.picture).outcome
    assert isinstance(clean, Edited)
    enlarged = run(4, clean.picture)
    assert enlarged.verdict.readings["equivariance_error"] > 0, "the gate has the network enlarge parts again"
    large = enlarged.outcome
    assert isinstance(large, Edited)
    assert (large.picture.width, large.picture.height) == (120, 99)


def test_a_mended_photo_is_held_against_the_one_that_came_in() -> None:
    tried = run(1, photo())
    assert isinstance(tried.outcome, Edited)
    assert tried.verdict.passed
    assert 0 < tried.verdict.readings["structure_changed"] < 0.03


def test_words_reach_the_model_from_the_template_alone() -> None:
    recipe = check(RECIPE, "campaign.toml", build(), models())
    options = recipe.options_of(recipe.steps[2])
    assert (options["prompt"], options["avoid"]) == ("plain studio ground, soft light", "letters")
    assert recipe.steps[2].options["prompt"] == "studio"
    assert recipe.steps[2].options["guidance"] == 7.5


def test_what_a_network_invents_is_kept_off_what_was_filled_in() -> None:
    model = models().get("span", Task.UPSCALE)()
    model.load()
    upscale, given = build().get("upscale").function, photo()
    free, guided = (
        upscale([given], model, target=240, floor=32, guide=guide)[0].picture.rgb  # type: ignore[union-attr]
        for guide in ("nothing", "fills")
    )
    from models.lanczos import Lanczos

    plain = Lanczos().upscale(given.rgb, (240, 200), seed=0)
    assert np.array_equal(guided[24:36, 24:76], plain[24:36, 24:76])
    assert np.array_equal(guided[100:], free[100:])
    assert not np.array_equal(free[24:36, 24:76], plain[24:36, 24:76])
