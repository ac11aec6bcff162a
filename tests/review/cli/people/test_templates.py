"""``sluice templates`` and both readings of a doubt, through the command's entry."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from records import templates
from records.templates import Proposal
from tests.harness import db_builders
from tests.harness.command import call
from tests.harness.context import bucket, load, transact
from tests.harness.line import Line

pytestmark = [pytest.mark.services, pytest.mark.usefixtures("records")]

REGION = {"quad": [[9, 9], [50, 9], [50, 20], [9, 20]], "box": [0.1, 0.15, 0.55, 0.33], "overlay": 0.61}


@pytest.fixture
def vendor() -> str:
    return f"vendor-{uuid4().hex[:8]}"


def proposed(vendor: str, examples: tuple[dict[str, Any], ...] = ()) -> int:
    proposal = Proposal((0.7, 0.9, 0.95, 0.95), 9, 12, 0.8, None, None, examples)
    template = transact(lambda connection: templates.propose(connection, vendor, proposal))
    assert template is not None
    return template


def listed(vendor: str) -> list[dict[str, Any]]:
    answer = call("templates", "--vendor", vendor, "--json")
    assert (answer.code, answer.err) == (0, "")
    entries: list[dict[str, Any]] = json.loads(answer.out)
    return entries


def doubtful(count: int = 1) -> list[int]:
    """Ids of images flagged by the search for text, in doubt."""
    batch = db_builders.flagged(count, load("catalog"), step=1)
    statement = sa.text(
        "UPDATE images SET facts = facts || :facts, proposal_mask = 'objects/mask' WHERE id = :id"
    )
    statement = statement.bindparams(sa.bindparam("facts", type_=JSONB))
    ids = [row.id for row in db_builders.rows(batch)]
    for image in ids:
        values = {"facts": {"regions": [REGION]}, "id": image}
        transact(lambda connection, values=values: connection.execute(statement, values))  # type: ignore[misc]
    return ids


def image(image_id: int) -> sa.Row[Any]:
    return db_builders.execute("SELECT * FROM images WHERE id = :id", id=image_id).one()


def test_templates_are_listed_for_people_and_for_programs(vendor: str) -> None:
    template_id = proposed(vendor, ({"image": 41, "name": "a.jpg", "crop": "x", "box": [1, 1, 2, 2]},))
    proposed(f"{vendor}-other")
    (template,) = listed(vendor)
    assert template | {"template": template_id, "state": "proposed", "images": 9, "photos": 12} == template
    shown = call("templates", "--vendor", vendor)
    assert shown.code == 0
    assert "9 of 12" in shown.out
    assert "a.jpg (41)" in shown.out
    assert {one["vendor"] for one in json.loads(call("templates", "--json").out)} >= {
        vendor,
        f"{vendor}-other",
    }


def test_a_person_confirms_and_dismisses_and_is_remembered(
    vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    first = proposed(vendor)
    other = proposed(f"{vendor}-other")
    assert call("templates", "confirm", first).out == f"template {first}: confirmed\n"
    assert call("templates", "dismiss", other).out == f"template {other}: dismissed\n"
    (template,) = listed(vendor)
    assert template["state"] == "confirmed"
    assert template["decisions"][0]["by"] == "person:ada"


def test_the_second_to_decide_is_told_and_neighbours_go_on(vendor: str) -> None:
    first, other = proposed(vendor), proposed(f"{vendor}-other")
    assert call("templates", "confirm", first).code == 0
    answer = call("templates", "dismiss", first, 987654, other)
    assert (answer.code, answer.out) == (2, f"template {other}: dismissed\n")
    assert f"template {first} was confirmed already by person:" in answer.err
    assert "no template 987654" in answer.err
    assert call("templates", "dismiss", "--overrule", first).code == 0


def test_crops_are_written_side_by_side(vendor: str, records: Line, tmp_path: Path) -> None:
    store = bucket(records.env["SLUICE_BUCKET_URL"])
    crop = cv2.imencode(".png", np.full((60, 90, 3), 40, np.uint8))[1].tobytes()
    examples = tuple(
        {"image": number, "name": f"{number}.jpg", "crop": store.keep(crop, ".png"), "box": [20, 20, 60, 40]}
        for number in range(3)
    )
    template_id = proposed(vendor, examples)
    answer = call("templates", "show", template_id, "--out", tmp_path / "crops.png")
    assert (answer.code, answer.err) == (0, "")
    assert "0.jpg, 1.jpg, 2.jpg" in answer.out
    picture = np.asarray(cv2.imread(str(tmp_path / "crops.png")))
    assert picture.shape == (240, 3 * 360 + 2 * 12, 3)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 3  # the crops, the gaps, the outlines


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("show", 987654, "--out", "x.png"), "no template 987654"),
        (("show", 987654), "Missing option"),
        (("confirm",), "Missing argument"),
        (("burn", 1), "No such command"),
    ],
)
def test_wrong_usage_is_exit_code_2(words: tuple[object, ...], message: str) -> None:
    answer = call("templates", *words)
    assert (answer.code, answer.out) == (2, "")
    assert message in answer.err


def test_an_out_that_is_no_png_is_refused(vendor: str, tmp_path: Path) -> None:
    answer = call("templates", "show", proposed(vendor), "--out", tmp_path / "crops.jpg")
    assert answer.code == 2
    assert ".png" in answer.err
    assert list(tmp_path.iterdir()) == []


def test_flagged_images_show_their_regions_with_probabilities() -> None:
    (flagged,) = doubtful()
    (line,) = [
        json.loads(line) for line in call("images", image(flagged).batch_id, "--json").out.splitlines()
    ]
    assert line["regions"] == [REGION]


def test_it_is_print_keep_it() -> None:
    (flagged,) = doubtful()
    assert call("accept", flagged).code == 0
    row = image(flagged)
    assert (row.state, row.step, row.mask, row.facts["masked"]) == ("waiting", 2, None, False)


def test_it_is_overlay_erase_what_was_found() -> None:
    (flagged,) = doubtful()
    assert call("requeue", flagged, "--mask", "found").code == 0
    row = image(flagged)
    assert (row.state, row.step, row.mask) == ("waiting", 2, "objects/mask")
    assert row.facts["person_mask"]


def test_the_doubtful_is_print_but_the_certain_goes() -> None:
    (flagged,) = doubtful()
    assert call("requeue", flagged, "--mask", "sure").code == 0
    row = image(flagged)
    assert (row.state, row.step, row.mask) == ("waiting", 1, None)
    assert row.current == f"objects/{flagged}-0"
    assert row.facts["doubts"] == "print"


def test_without_a_mask_it_is_searched_again_and_knows_no_decision() -> None:
    (flagged,) = doubtful()
    assert call("requeue", flagged).code == 0
    row = image(flagged)
    assert (row.state, row.step) == ("waiting", 1)
    assert "doubts" not in row.facts


def test_what_was_never_searched_has_nothing_certain() -> None:
    batch = db_builders.flagged(1, load("catalog"), step=0)
    answer = call("requeue", db_builders.rows(batch)[0].id, "--mask", "sure")
    assert answer.code == 2
    assert "never searched for text" in answer.err


def test_status_shows_a_batchs_rights() -> None:
    batch = db_builders.batch(1)
    assert json.loads(call("status", batch, "--json").out)["watermark_rights"] is None
    db_builders.execute("UPDATE batches SET watermark_rights = 'a letter of 2026' WHERE id = :id", id=batch)
    assert json.loads(call("status", batch, "--json").out)["watermark_rights"] == "a letter of 2026"
    assert "a letter of 2026" in call("status", batch).out
