"""A vendor's stamp through the real line: proposed, decided about by a person, and the next uploads."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from records import templates
from tests.harness import promises
from tests.harness.command import call
from tests.harness.context import bucket, transact
from tests.harness.line import Line, line
from tests.harness.pictures.stamped import NOBODY_IS_SURE, decoded, is_stamped, stamped
from tests.harness.services import Servers

pytestmark = pytest.mark.services

DOUBTS = {"overlay_or_print", "graphic_or_print"}
"""Reasons of what may be print as well: at so low a probability a blotch of the ground may be asked about too."""
RIGHTS = "Letter of 2026-03-02, contracts/acme.pdf"
EVERYTHING_IS_SURE = NOBODY_IS_SURE.replace("sure = 1.0", "sure = 0.0").replace("0.01", "0.0")


@dataclass
class Story:
    """What happened, in the order of the fields; each batch as its report and its rows."""

    line: Line
    first: int
    proposed: list[dict[str, Any]]
    crops: Path
    second: int
    other_before: int
    other_after: int
    proposals: list[dict[str, Any]]
    archival: int
    faint: int
    faint_without_right: int


def the_templates(*words: object) -> list[dict[str, Any]]:
    answer = call("templates", *words, "--json")
    assert (answer.code, answer.err) == (0, "")
    templates: list[dict[str, Any]] = json.loads(answer.out)
    return templates


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Any:
    home = tmp_path_factory.mktemp("vendors")
    config = home / "sluice.toml"
    config.write_text(f'[vendors.acme]\nwatermark_rights = "{RIGHTS}"\n')
    recipe = home / "unsure.toml"
    recipe.write_text(NOBODY_IS_SURE)
    certain = home / "certain.toml"
    certain.write_text(EVERYTHING_IS_SURE)
    with line(home, servers, SLUICE_CONFIG=str(config)) as sluice:
        sluice.start(workers=2, schedulers=2)
        first = sluice.submit(stamped(home / "first", 12), recipe)
        other_before = sluice.submit(stamped(home / "other", 6), recipe, vendor="beta")
        sluice.wait(first)
        sluice.wait(other_before)
        sluice.until(lambda: len(the_templates()) == 2, "both vendors' stamps are proposed")
        proposed = the_templates()
        crops = home / "crops.png"
        by_vendor = {template["vendor"]: template["template"] for template in proposed}
        assert call("templates", "show", by_vendor["acme"], "--out", crops).code == 0
        assert call("templates", "confirm", by_vendor["acme"]).code == 0
        assert call("templates", "dismiss", by_vendor["beta"]).code == 0

        assert call("requeue", "--flagged", first).code == 0
        sluice.wait(first)
        second = sluice.submit(stamped(home / "second", 4, start=20), recipe)
        other_after = sluice.submit(stamped(home / "more", 6, start=20), recipe, vendor="beta")
        archival = sluice.submit(stamped(home / "archive", 3, start=40), "archival")
        watermarked = stamped(home / "watermarked", 3, start=60, faint=True)
        faint = sluice.submit(watermarked, certain)
        faint_without_right = sluice.submit(watermarked, certain, vendor="gamma")
        for batch in (second, other_after, archival, faint, faint_without_right):
            sluice.wait(batch)
        sluice.until(lambda: not transact(templates.due), "every batch is looked through")
        yield Story(
            line=sluice,
            first=first,
            proposed=proposed,
            crops=crops,
            second=second,
            other_before=other_before,
            other_after=other_after,
            proposals=the_templates(),
            archival=archival,
            faint=faint,
            faint_without_right=faint_without_right,
        )


def test_a_stamp_is_proposed_once_with_what_a_person_needs_to_decide(story: Story) -> None:
    (template,) = (template for template in story.proposed if template["vendor"] == "acme")
    assert template["state"] == "proposed"
    left, top, right, bottom = template["box"]
    assert 0.4 < left < right < 1
    assert 0.8 < top < bottom < 1
    assert (template["images"], template["photos"]) == (12, 12)
    names = {row.id: row.name for row in story.line.rows(story.first)}
    assert len(template["examples"]) == 3
    assert all(names[example["image"]] == example["name"] for example in template["examples"])


def test_the_crops_show_the_stamp_side_by_side(story: Story) -> None:
    picture = cv2.cvtColor(np.asarray(cv2.imread(str(story.crops))), cv2.COLOR_BGR2RGB)
    assert picture.shape[1] > 3 * picture.shape[0] / 2
    assert all(is_stamped(part) for part in np.array_split(picture, 3, axis=1))


def test_what_nobody_was_sure_of_is_erased_once_a_person_confirmed_it(story: Story) -> None:
    assert {row.reason for row in story.line.rows(story.other_before)} <= DOUBTS
    for batch, count in ((story.second, 4), (story.first, 12)):
        delivered = story.line.delivered(batch)
        assert promises.counts(story.line.report(batch)) == {"delivered": count}
        for data in delivered.values():
            assert not is_stamped(decoded(data))


def test_the_records_say_by_which_template_and_right(story: Story) -> None:
    (template,) = (template["template"] for template in story.proposed if template["vendor"] == "acme")
    for row in story.line.rows(story.second):
        assert template in [region.get("template") for region in row.facts["regions"]]
        assert "vendor" not in row.facts
    searched = [step for step in story.line.steps(story.second) if step.transform == "find_text"]
    assert len(searched) == 4
    for step in searched:
        assert step.facts["vendor"] == {"watermark_rights": RIGHTS, "templates": [template]}
    assert story.line.report(story.second)["watermark_rights"] == RIGHTS
    assert story.line.report(story.other_after)["watermark_rights"] is None


def test_what_was_dismissed_is_never_proposed_again_and_treated_as_any_text(story: Story) -> None:
    assert [(template["vendor"], template["state"]) for template in story.proposals] == [
        ("acme", "confirmed"),
        ("beta", "dismissed"),
    ]
    rows = story.line.rows(story.other_after)
    assert {row.state for row in rows} == {"flagged"}
    assert {row.reason for row in rows} <= DOUBTS
    assert not any("same place" in row.sentence for row in rows)


def test_a_confirmed_template_counts_the_later_photos_too(story: Story) -> None:
    (template,) = (template for template in story.proposals if template["vendor"] == "acme")
    assert template["images"] > 12
    assert [(one["state"], one["by"].partition(":")[0]) for one in template["decisions"]] == [
        ("confirmed", "person")
    ]


def test_an_archival_recipe_erases_nothing_without_a_person_whatever_was_confirmed(story: Story) -> None:
    rows = story.line.rows(story.archival)
    assert {(row.state, row.reason) for row in rows} == {("flagged", "text_needs_person")}
    assert all(row.proposal_mask for row in rows)
    assert {step.transform for step in story.line.steps(story.archival)} == {"admit", "find_text"}
    assert story.line.delivered(story.archival) == {}


def test_a_watermark_is_flagged_unless_the_vendor_attested_its_right(story: Story) -> None:
    rows = story.line.rows(story.faint_without_right)
    assert {(row.state, row.reason) for row in rows} == {("flagged", "faint_text")}
    erased = [step for step in story.line.steps(story.faint) if step.transform == "erase_text"]
    assert len(erased) == 3
    assert all(step.facts["watermark_rights"] == RIGHTS for step in erased)
    assert {row.reason for row in story.line.rows(story.faint)}.isdisjoint({"faint_text", "overlay_or_print"})


def test_the_manifest_says_by_which_right_a_watermark_was_removed(story: Story) -> None:
    out = bucket(story.line.report(story.faint)["delivered"])
    lines = [json.loads(line) for line in out.get("manifest.jsonl").decode().splitlines()]
    assert [line["watermark_rights"] for line in lines] == [RIGHTS] * 3
