"""A picture made from words by a real pipeline, tiny, on a real worker: made again, with the record of its weights."""

import json
from pathlib import Path

import pytest

from records.queries.listings import manifest_lines
from tests.harness.command import call
from tests.harness.context import transact
from tests.harness.line import environment, line, photos
from tests.harness.services import Servers
from tests.models import networks, pipelines

pytestmark = pytest.mark.services

RECIPE = """
name = "words"
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
[steps.limits]
spread = { at_least = 0 }
[[steps]]
transform = "deliver"
"""


def test_a_generated_picture_is_made_again_byte_for_byte(tmp_path: Path, servers: Servers) -> None:
    networks.need_torch()
    pinned = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}  # the command pins this very process
    with line(tmp_path, servers, HF_HUB_OFFLINE="1") as under_test, environment(pinned):
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
