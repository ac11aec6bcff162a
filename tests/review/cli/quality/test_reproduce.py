"""``sluice reproduce``: what a real batch recorded is made again, byte for byte, step by step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import sqlalchemy as sa

from models.weights.manifest import catalog
from records.history import reproductions
from records.tables import steps
from tasks.runner.reproduction import reproduce_order
from tests.harness import db_builders
from tests.harness.command import Answer, call
from tests.harness.context import context, transact
from tests.harness.line import Line, environment, line, photos
from tests.harness.services import Servers

pytestmark = pytest.mark.services

RECIPE = """
name = "again"
seed = 3
[[steps]]
transform = "admit"
[[steps]]
transform = "find_text"
[[steps]]
transform = "erase_text"
[[steps]]
transform = "upscale"
target = 420
[[steps]]
transform = "sabotage"
switch = "{switch}"
ruin = 1.0
[[steps]]
transform = "deliver"
"""


@dataclass
class Done:
    """A batch that is over."""

    line: Line
    batch: int
    switch: Path

    def image(self, name: str) -> Any:
        return next(row for row in self.line.rows(self.batch) if row.name == name)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Done]:
    """Photos, one with a title over it and a file that is none, through real workers."""
    home = tmp_path_factory.mktemp("again")
    upload = photos(home / "upload", 1, size=(400, 300))
    titled = cv2.addWeighted(
        np.asarray(cv2.imread(str(upload / "photo0000.jpg"))),
        0.2,
        np.full((300, 400, 3), 210, np.uint8),
        0.8,
        0,
    )
    cv2.putText(titled, "SALE -50%", (30, 70), cv2.FONT_HERSHEY_DUPLEX, 1.6, (0, 0, 220), 4, cv2.LINE_AA)
    cv2.imwrite(str(upload / "titled.png"), titled)
    (upload / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 no photo")
    (home / "again.toml").write_text(RECIPE.format(switch=home / "switch"))
    pinned = {"CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}  # the command pins this very process
    with line(home, servers) as under_test, environment(pinned):
        under_test.start(workers=1)
        batch = under_test.submit(upload, home / "again.toml")
        under_test.wait(batch)
        under_test.stop()
        yield Done(under_test, batch, home / "switch")


def reproduce(image: int, *words: object) -> tuple[Answer, dict[str, Any]]:
    answer = call("reproduce", image, *words, "--json")
    return answer, json.loads(answer.out) if answer.out else {}


@pytest.mark.parametrize("step", ["admit", "find_text", "erase_text", "upscale", "deliver"])
def test_every_step_of_a_batch_gives_the_recorded_bytes_again(done: Done, step: str) -> None:
    image = done.image("titled.png")
    assert image.state == "delivered", image.sentence
    answer, report = reproduce(image.id, "--step", step, "--runs", 2)
    assert (answer.code, report["same"], report["runs_agree"]) == (0, True, True), answer.out + answer.err
    assert report["differs"] == {}
    assert [run["max_difference"] for run in report["runs"]] == [0, 0]


def test_the_last_step_is_taken_where_none_is_named_and_a_refusal_is_one_again(done: Done) -> None:
    assert reproduce(done.image("photo0000.jpg").id)[1]["step"] == "deliver"
    answer, report = reproduce(done.image("broken.jpg").id)
    assert (answer.code, report["step"], report["verdict"], report["same"]) == (0, "admit", "refuse", True)


def test_other_bytes_are_exit_code_1_and_it_is_said_how_far_they_are(done: Done) -> None:
    image = done.image("photo0000.jpg").id
    assert reproduce(image, "--step", "sabotage")[1]["same"]
    done.switch.touch()  # the transform is no longer what it was
    try:
        answer, report = reproduce(image, "--step", "sabotage")
        shown = call("reproduce", image, "--step", "sabotage")
    finally:
        done.switch.unlink()
    (run,) = report["runs"]
    assert (answer.code, shown.code, report["same"]) == (1, 1, False)
    assert "pixels" in run["unlike"]
    assert run["max_difference"] > 10
    assert 0 < run["psnr"] < 40
    assert 0 < run["share"] <= 1
    assert "different" in shown.out
    assert "dB" in shown.out


def test_what_is_not_as_it_was_then_is_told(done: Done) -> None:
    image = done.image("photo0000.jpg").id
    change = sa.update(steps).where(steps.c.image_id == image, steps.c.transform == "upscale")
    row = next(
        step for step in done.line.steps(done.batch) if (step.image_id, step.transform) == (image, "upscale")
    )
    older = {**row.made_with, "threads": 7, "libraries": {**row.made_with["libraries"], "numpy": "1.0"}}
    transact(lambda connection: connection.execute(change.values(made_with=older, revision="0")))
    answer, report = reproduce(image, "--step", "upscale")
    assert answer.code == 0
    assert set(report["differs"]) == {"threads", "numpy", "revision"}
    assert report["differs"]["threads"] == {"then": 7, "now": 1}
    shown = call("reproduce", image, "--step", "upscale")
    assert "numpy was 1.0" in shown.out


def test_a_record_tells_what_the_step_was_made_with(done: Done) -> None:
    by_name = {step.transform: step for step in done.line.steps(done.batch)}
    for step in by_name.values():
        assert {"hardware", "threads", "libraries"} <= set(step.made_with)
        assert (step.device, step.made_with["threads"]) == ("cpu", 1)
        assert "numpy" in step.made_with["libraries"]
    assert "onnxruntime" in by_name["find_text"].made_with["libraries"]
    assert by_name["find_text"].made_with["weights"] == catalog()["overlay_network"].sha256
    assert "torch" not in by_name["deliver"].made_with["libraries"]
    assert by_name["find_text"].output_mask


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("999999",), "no step of image 999999"),
        (("IMAGE", "--step", "denoise"), "it passed: admit, find_text"),
    ],
)
def test_what_was_never_recorded_is_exit_code_2(done: Done, words: tuple[str, ...], message: str) -> None:
    image = str(done.image("photo0000.jpg").id)
    answer = call("reproduce", *[image if word == "IMAGE" else word for word in words])
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_a_step_that_was_ordered_at_the_desk_is_compared_as_by_the_command(done: Done) -> None:
    image = done.image("titled.png").id
    query = sa.select(steps.c.id).where(steps.c.image_id == image, steps.c.transform == "erase_text")
    step = transact(lambda connection: connection.execute(query).scalars().all())[-1]

    def ordered() -> reproductions.RepeatedRun:
        order = partial(reproductions.order, image_id=image, step_id=step, person="person:ada")
        number, _ = transact(order)
        reproduce_order(context(), number)
        reproduce_order(context(), number)  # a message that is delivered twice
        return transact(partial(reproductions.newest, image_id=image))[step]

    first = ordered()
    assert first.report is not None
    assert (first.report["same"], first.report["step"], first.error) == (True, "erase_text", "")
    recorded_key = transact(
        lambda connection: connection.scalar(sa.select(steps.c.input).where(steps.c.id == step))
    )
    change = "UPDATE steps SET input = :key WHERE id = :id"
    db_builders.execute(change, key="objects/gone.qoi", id=step)
    second = ordered()
    db_builders.execute(change, key=recorded_key, id=step)
    assert (second.report, second.is_over) == (None, True)
    assert "gone.qoi" in second.error
