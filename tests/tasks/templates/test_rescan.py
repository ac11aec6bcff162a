"""Photos delivered before a template was confirmed: those that still bear it are found and go round again."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import pytest

from records.queries.text_search_results import Searched
from tasks.templates import rescan
from tasks.templates.rescan import searched
from tests.harness import promises
from tests.harness.command import Answer, call
from tests.harness.context import bucket, database
from tests.harness.line import Line, line
from tests.harness.pictures.stamped import NOBODY_IS_SURE, decoded, is_stamped, stamped
from tests.harness.services import Servers

pytestmark = pytest.mark.services

NOTHING_IS_OVERLAY = NOBODY_IS_SURE.replace("unsure = 0.01", "unsure = 1.0")
STAMPED, PLAIN = 8, 2


@dataclass
class Story:
    """What was delivered before and after, by name, and what the command answered, in the order of the fields."""

    line: Line
    batch: int
    template: int
    before: dict[str, bool]
    too_early: Answer
    answer: Answer
    after: dict[str, bool]
    again: Answer


def images_searched(*transforms: str) -> list[Searched]:
    return [image for page in searched(database(), "acme", transforms) for image in page]


def with_stamp(sluice: Line, batch: int) -> dict[str, bool]:
    """Of each delivered file whether it bears the stamp."""
    return {name: is_stamped(decoded(data)) for name, data in sluice.delivered(batch).items()}


def the_templates() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads(call("templates", "--json").out)
    return entries


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory, servers: Servers) -> Iterator[Story]:
    home = tmp_path_factory.mktemp("bearers")
    recipe = home / "trusting.toml"
    recipe.write_text(NOTHING_IS_OVERLAY)
    photos = stamped(home / "photos", STAMPED)
    stamped(photos, PLAIN, text="", start=STAMPED)
    with line(home, servers) as sluice:
        sluice.start(workers=2)
        batch = sluice.submit(photos, recipe)
        sluice.wait(batch)
        before = with_stamp(sluice, batch)
        sluice.until(lambda: len(the_templates()) == 1, "the stamp is proposed")
        template = the_templates()[0]["template"]
        too_early = call("requeue", "--template", template)
        assert call("templates", "confirm", template).code == 0
        answer = call("requeue", "--template", template)
        sluice.wait(batch)
        after = with_stamp(sluice, batch)
        again = call("requeue", "--template", template)
        yield Story(sluice, batch, template, before, too_early, answer, after, again)


def test_delivered_photos_that_bear_it_are_delivered_again_without_it(story: Story) -> None:
    assert sum(story.before.values()) == STAMPED
    assert len(story.before) == STAMPED + PLAIN
    assert (story.answer.code, story.answer.out.count("requeued")) == (0, STAMPED)
    assert f"still on {STAMPED} of {STAMPED + PLAIN} images" in story.answer.err
    assert set(story.after) == set(story.before)
    assert not any(story.after.values())
    assert promises.counts(story.line.report(story.batch)) == {"delivered": STAMPED + PLAIN}


def test_photos_without_it_stay_as_they_are(story: Story) -> None:
    ran = [step.image_id for step in story.line.steps(story.batch) if step.transform == "deliver"]
    times = [ran.count(row.id) for row in sorted(story.line.rows(story.batch), key=lambda row: str(row.name))]
    assert times == [2] * STAMPED + [1] * PLAIN


def test_nothing_is_left_to_do_afterwards(story: Story) -> None:
    assert (story.again.code, story.again.out) == (0, "")
    assert f"still on 0 of {STAMPED + PLAIN} images" in story.again.err


def test_a_template_counts_only_once_a_person_confirmed_it(story: Story) -> None:
    assert (story.too_early.code, story.too_early.out) == (2, "")
    assert f"template {story.template} is proposed" in story.too_early.err
    assert f"sluice templates confirm {story.template}" in story.too_early.err


def test_a_template_that_does_not_exist_is_told(story: Story) -> None:
    answer = call("requeue", "--template", 987654)
    assert (answer.code, answer.out) == (2, "")
    assert "no template 987654" in answer.err


def test_a_picture_that_is_gone_is_told_and_its_neighbours_are_looked_at(story: Story) -> None:
    images = images_searched("find_text", "erase_text")
    store = bucket(story.line.env["SLUICE_BUCKET_URL"])
    stored = store.get(images[0].picture)
    store.delete(images[0].picture)
    try:
        answer = call("requeue", "--template", story.template)
    finally:
        store.put(images[0].picture, stored)
    assert answer.code == 0
    assert f"image {images[0].image} cannot be searched" in answer.err
    assert f"still on 0 of {len(images)} images" in answer.err


def test_what_a_person_masked_is_not_searched_again(story: Story) -> None:
    images = images_searched("find_text")
    assert len(images) == STAMPED + PLAIN
    mask = story.line.home / "mask.png"
    cv2.imwrite(str(mask), cv2.rectangle(np.zeros((360, 480), np.uint8), (9, 9), (40, 20), 255, -1))
    assert call("requeue", images[-1].image, "--mask", mask).code == 0
    story.line.wait(story.batch)
    left = images_searched("find_text")
    assert [one.image for one in left] == [one.image for one in images[:-1]]


def test_page_by_page_each_image_is_looked_at_once(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = images_searched("find_text", "erase_text")
    monkeypatch.setattr(rescan, "PAGE_IMAGES", 3)
    pages = list(searched(database(), "acme", ("find_text", "erase_text")))
    assert max(map(len, pages)) <= 3
    assert [image for page in pages for image in page] == whole
