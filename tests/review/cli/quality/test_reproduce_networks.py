"""Networks on a real worker: a picture made from words by a tiny pipeline, and one enlarged by the real SPAN."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from records.queries.listings import manifest_lines
from tests.harness.command import call
from tests.harness.context import transact
from tests.harness.line import environment, line, photos
from tests.harness.services import Servers
from tests.models import networks, pipelines, real_weights

pytestmark = pytest.mark.services

RECIPE = """
name = "words"
seed = 5
[breaker]
min_judged = 8
[prompts.studio]
text = "plain studio ground"
[[steps]]
transform = "admit"
[[steps]]
transform = "generate"
model = "making"
long_side = 64
[steps.options]
prompt = "studio"
steps = 2
strength = 0.5
scheduler = "DDIMScheduler"
[steps.limits]
spread = { at_least = 0 }
[[steps]]
transform = "deliver"
"""


ENLARGING = """
name = "larger"
[[steps]]
transform = "admit"
[[steps]]
transform = "upscale"
model = "span"
target = 400
floor = 100
[[steps]]
transform = "deliver"
format = "png"
min_long_side = 400
"""
PINNED = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}  # commands pin this very process
SAMPLES = Path(__file__).resolve().parents[4] / "samples" / "accuracy"


def test_the_real_span_enlarges_on_a_worker_beyond_the_default_by_the_real_lpips(
    tmp_path: Path, servers: Servers
) -> None:
    networks.need_torch()
    truth = np.asarray(cv2.imread(str(min(SAMPLES.glob("plain-*.jpg"))), cv2.IMREAD_COLOR), np.uint8)
    truth = np.ascontiguousarray(truth[: 4 * (truth.shape[0] // 4), : 4 * (truth.shape[1] // 4)])[:300, :400]
    small = cv2.resize(truth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    upload = tmp_path / "upload"
    upload.mkdir()
    cv2.imwrite(str(upload / "a.png"), small)
    with line(tmp_path, servers) as under_test, environment(PINNED):
        weights = real_weights.need("span")
        real_weights.need("lpips_alex")
        (tmp_path / "larger.toml").write_text(ENLARGING)
        under_test.start(workers=1)
        batch = under_test.submit(upload, tmp_path / "larger.toml")
        under_test.wait(batch)
        under_test.stop()
        (row,) = under_test.rows(batch)
        (entry,) = transact(
            lambda connection: [json.loads(line) for line in manifest_lines(connection, batch)]
        )
        again = json.loads(call("reproduce", row.id, "--step", "upscale", "--runs", 1, "--json").out)
        measured = json.loads(
            call("match", "back_projection", "span", "--set", _folder_of(truth, tmp_path), "--json").out
        )
    step = next(step for step in entry["steps"] if step["step"] == "upscale")
    assert entry["state"] == "delivered", entry["reason"]
    assert (step["model"], step["revision"], step["made_with"]["weights"]) == (
        "span",
        weights.version,
        weights.sha256,
    )
    assert (again["same"], again["differs"]) == (True, {})
    distances = {model["model"]: model["distance"] for model in measured["models"]}
    assert measured["distance"] == "lpips_alex"
    assert 0 < distances["span"] < distances["back_projection"]


def _folder_of(picture: np.ndarray, folder: Path) -> Path:
    folder = folder / "set"
    folder.mkdir()
    cv2.imwrite(str(folder / "a.png"), picture)
    return folder


def test_a_generated_picture_is_made_again_byte_for_byte(tmp_path: Path, servers: Servers) -> None:
    networks.need_torch()
    with line(tmp_path, servers, HF_HUB_OFFLINE="1") as under_test, environment(PINNED):
        model = pipelines.register("making", "generate", side=64)
        (tmp_path / "words.toml").write_text(RECIPE)
        under_test.start(workers=1)
        batch = under_test.submit(photos(tmp_path / "upload", 1), tmp_path / "words.toml")
        under_test.wait(batch)
        under_test.stop()
        (row,) = under_test.rows(batch)
        answer = call("reproduce", row.id, "--step", "generate", "--runs", 2, "--json")
        (entry,) = transact(
            lambda connection: [json.loads(line) for line in manifest_lines(connection, batch)]
        )
    report = json.loads(answer.out)
    assert (answer.code, report["same"], report["runs_agree"], report["differs"]) == (0, True, True, {}), (
        answer.out
    )
    step = next(step for step in entry["steps"] if step["step"] == "generate")
    assert (step["model"], step["revision"], step["device"]) == ("making", model.version, "cpu")
    assert step["made_with"]["weights"] == model.sha256
    assert step["made_with"]["options"]["prompt"] == "plain studio ground"
    assert {"torch", "diffusers", "numpy"} <= set(step["made_with"]["libraries"])
    assert step["made_with"]["threads"] == 1
