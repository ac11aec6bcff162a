"""The desk as a process beside a real line: an answer given there is what the line does."""

import signal
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from records import templates
from stack import programs
from stack.servers.port import free_port
from stack.supervisor import Process
from tests.harness.context import transact
from tests.harness.desk import PASSWORD, Visitor
from tests.harness.line import Line, line
from tests.harness.pictures.stamped import NOBODY_IS_SURE, decoded, is_stamped, stamped
from tests.harness.services import Servers

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def sluice(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Line]:
    with line(tmp_path_factory.mktemp("desk"), servers) as under_test:
        yield under_test


@pytest.fixture(scope="module")
def visitor(sluice: Line) -> Iterator[Visitor]:
    port = free_port()
    process = Process(programs.desk(sluice.env, port, PASSWORD), sluice.home / "logs", sluice.home)
    process.restart()
    ada = Visitor(f"http://127.0.0.1:{port}")
    try:
        sluice.until(lambda: answers(ada), "the desk answers")
        yield ada
    finally:
        process.send(signal.SIGTERM)
        sluice.until(lambda: not process.alive(), "the desk has ended")


def answers(visitor: Visitor) -> bool:
    try:
        return visitor.get("/").status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def test_print_stays_overlay_goes_and_what_is_drawn_goes(
    sluice: Line, visitor: Visitor, tmp_path: Path
) -> None:
    recipe = tmp_path / "unsure.toml"
    recipe.write_text(NOBODY_IS_SURE)
    sluice.start(workers=1)
    batch = sluice.submit(stamped(tmp_path / "photos", 4), recipe)
    sluice.wait(batch)
    images = [row.id for row in sluice.rows(batch)]
    page = visitor.get(f"/batches/{batch}").text
    assert page.count('class="card"') == 4
    mask = np.zeros((360, 480), np.uint8)
    mask[290:] = 255
    assert visitor.decide(images[0], "accept").status == 200
    assert visitor.decide(images[1], "found").status == 200
    assert visitor.draw(images[2], cv2.imencode(".png", mask)[1].tobytes()).status == 200
    assert visitor.decide(images[3], "reject").status == 200
    sluice.wait(batch)
    assert set(sluice.delivered(batch)) == {"photo000.png"}, "what a person ordered is not delivered unseen"
    ordered = {row.id: row.reason for row in sluice.rows(batch) if row.state == "flagged"}
    assert ordered == dict.fromkeys(images[1:3], "ordered_result")
    page = visitor.get(f"/batches/{batch}").text
    assert page.count("Take it") == page.count("Go back") == 2
    for image in ordered:
        assert visitor.decide(image, "accept").status == 200
    sluice.wait(batch)
    stamped_by_name = {name: is_stamped(decoded(data)) for name, data in sluice.delivered(batch).items()}
    assert stamped_by_name.pop("photo000.png")
    assert not stamped_by_name.pop("photo001.png")
    # what was drawn is large, and a gate may ask once more about its fill; its stamp is gone in any case
    assert not any(stamped_by_name.values())
    page = visitor.get(f"/images/{images[3]}").text
    assert page.count('<p class="problem">A person discarded it.</p>') == 1


def test_another_recipe_shows_its_result_and_undo_takes_the_delivered_file_back(
    sluice: Line, visitor: Visitor, tmp_path: Path
) -> None:
    recipe = tmp_path / "unsure.toml"
    recipe.write_text(NOBODY_IS_SURE)
    sluice.start(workers=1)
    batch = sluice.submit(stamped(tmp_path / "photos", 1), recipe)
    sluice.wait(batch)
    (image,) = (row.id for row in sluice.rows(batch))
    page = f"/batches/{batch}"
    assert visitor.post(f"{page}/requeue", {"recipe": "archival", "reason": ""}, page=page).status == 200
    sluice.wait(batch)
    (row,) = sluice.rows(batch)
    if row.reason != "ordered_result":  # the other recipe may ask about the text as well
        assert visitor.decide(image, "found").status == 200
        sluice.wait(batch)
    assert [row.reason for row in sluice.rows(batch)] == ["ordered_result"]
    assert sluice.delivered(batch) == {}
    assert visitor.decide(image, "accept").status == 200
    sluice.wait(batch)
    assert len(sluice.delivered(batch)) == 1
    assert visitor.post("/undo", {}, page="/answers").json["image"] == image
    assert [row.reason for row in sluice.rows(batch)] == ["ordered_result"]
    sluice.until(lambda: sluice.delivered(batch) == {}, "the delivered file is taken back")


def test_photos_delivered_before_their_stamp_was_confirmed_are_sent_round(
    sluice: Line, visitor: Visitor, tmp_path: Path
) -> None:
    recipe = tmp_path / "trusting.toml"
    recipe.write_text(NOBODY_IS_SURE.replace("0.01", "1.0"))
    sluice.start(workers=1)
    batch = sluice.submit(stamped(tmp_path / "photos", 8), recipe, vendor="trusted")
    sluice.wait(batch)
    assert all(is_stamped(decoded(data)) for data in sluice.delivered(batch).values())
    proposals = sluice.until(
        lambda: transact(lambda c: templates.listed(c, "trusted")), "the stamp is proposed"
    )
    template = proposals[0]["template"]
    early = visitor.post(f"/templates/{template}/again", {}, page="/templates")
    assert (early.status, early.json["error"]) == (409, f"template {template} is not confirmed")
    answer = visitor.post(f"/templates/{template}", {"answer": "confirm"}, page="/templates")
    assert answer.status == 200
    assert visitor.post(f"/templates/{template}/again", {}, page="/templates").status == 200
    sluice.until(
        lambda: "8 of 8 photos searched, 8 requeued" in visitor.get("/templates").text,
        "all are sent round",
    )
    sluice.wait(batch)
    delivered = sluice.delivered(batch)
    assert len(delivered) == 8
    assert not any(is_stamped(decoded(data)) for data in delivered.values())


def test_without_a_password_it_does_not_start(sluice: Line) -> None:
    program = programs.desk(sluice.env, free_port(), "")
    process = Process(program, sluice.home / "logs", sluice.home)
    process.restart()
    sluice.until(lambda: not process.alive(), "the desk has ended")
    assert process.ending == "exit code 2"
    assert "SLUICE_DESK_PASSWORD is not set" in process.log_path.read_text()
