"""Rollouts at the desk: states and counters, decisions in a person's name, and blind comparison of pairs."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest

from line.states import RolloutState
from records.rollouts import choice
from tests.harness import db_builders
from tests.harness.browser import chromium, visit
from tests.harness.desk import Visitor
from tests.harness.line import Line
from tests.harness.pictures.stamped import decoded
from tests.harness.scenes import rollouts

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.services


@pytest.fixture(autouse=True)
def _no_rollout_left(records: Line) -> Iterator[None]:
    yield
    rollouts.end_all()


@pytest.fixture
def number(records: Line) -> int:
    return rollouts.begin_at_sabotage()


@pytest.fixture
def images(records: Line, number: int) -> list[int]:
    """Three stored pairs."""
    return rollouts.stored(records.env["SLUICE_BUCKET_URL"], number, 3)


def asked(page: str) -> int:
    """The image whose pair a page asks about."""
    (image,) = set(re.findall(r'action="/rollouts/\d+/pairs/(\d+)"', page))
    return int(image)


def answer(visitor: Visitor, number: int, image: int, better: str) -> int:
    page = f"/rollouts/{number}/pairs"
    return visitor.post(f"{page}/{image}", {"better": better}, page=page).status


def candidate_side(number: int, image: int) -> str:
    return "left" if choice.is_candidate_left(number, image) else "right"


def test_the_page_shows_state_counters_and_evidence(ada: Visitor, number: int) -> None:
    rollouts.put(number, worse=9, better=2, equal=299, incumbent_seconds=31, candidate_seconds=62)
    page = " ".join(ada.get("/rollouts").text.split())
    assert "sabotage: other instead of plain" in page
    assert "in shadow" in page
    assert "9 worse, 2 better, 299 equal" in page
    assert "+2.3 percentage points [" in page
    assert "0.10 s by plain, 0.20 s by other" in page


def test_a_person_rolls_back_by_a_button_and_promotes_only_what_was_proven(ada: Visitor, number: int) -> None:
    page = ada.get("/rollouts").text
    assert 'value="promote"' not in page
    action = f"/rollouts/{number}"
    assert ada.forge(action, {"decision": "rollback"}).status == 403
    assert ada.post(action, {"decision": "promote"}, page="/rollouts").status == 409
    assert rollouts.get(number).state is RolloutState.SHADOW
    rollouts.put(number, state="inconclusive")
    assert 'value="promote"' in ada.get("/rollouts").text
    assert ada.post(action, {"decision": "promote"}, page="/rollouts").status == 200
    assert ada.post(action, {"decision": "rollback"}, page="/rollouts").status == 200
    after = rollouts.get(number)
    assert (after.state, after.decided_by) == (RolloutState.ROLLED_BACK, "person:ada")
    assert ada.post(action, {"decision": "rollback"}, page="/rollouts").status == 409


def test_the_models_are_named_only_after_the_last_answer(
    ada: Visitor, number: int, images: list[int]
) -> None:
    page = f"/rollouts/{number}/pairs"
    for better in ("candidate", "incumbent", "neither"):
        text = ada.get(page).text
        assert "other" not in text
        assert "plain" not in text
        assert "preferred" not in ada.get("/rollouts").text
        image = asked(text)
        assert "model <b>" not in ada.get(f"/images/{image}").text
        left = candidate_side(number, image)
        right = {"left": "right", "right": "left"}[left]
        assert answer(ada, number, image, {"candidate": left, "incumbent": right}.get(better, better)) == 200
        assert answer(ada, number, image, "left") == 409  # of two answers the first counts
    text = " ".join(ada.get(page).text.split())
    assert "other (the candidate) in 1, plain (in use) in 1, and neither in 1 of 3 pairs" in text
    assert "people preferred" in ada.get("/rollouts").text
    assert "model <b>other</b>" in ada.get(f"/images/{image}").text
    after = rollouts.get(number)
    assert (after.prefers_candidate, after.prefers_incumbent, after.prefers_neither) == (1, 1, 1)
    assert {row.answered_by for row in rollouts.pair_rows(number)} == {"person:ada"}


def test_an_answer_is_undone_by_its_person_alone(
    ada: Visitor, desk: str, number: int, images: list[int]
) -> None:
    page = f"/rollouts/{number}/pairs"
    first = asked(ada.get(page).text)
    assert ada.post(f"{page}/undo", {}, page=page).status == 409
    assert answer(ada, number, first, "neither") == 200
    assert asked(ada.get(page).text) != first
    assert Visitor(desk, "bob").post(f"{page}/undo", {}, page=page).status == 409
    assert ada.post(f"{page}/undo", {}, page=page).status == 200
    assert asked(ada.get(page).text) == first
    assert rollouts.get(number).prefers_neither == 0


def test_the_pictures_are_those_of_the_pair_and_their_urls_tell_nothing(
    ada: Visitor, number: int, images: list[int]
) -> None:
    sides = set()
    for image in images:
        for name in ("input", "left", "right"):
            reply = ada.get(f"/rollouts/{number}/pairs/{image}/{name}.jpg")
            assert reply.headers["Content-Type"] == "image/jpeg"
            level = float(np.mean(decoded(reply.body)))
            maker = min(rollouts.LEVELS, key=lambda each: abs(rollouts.LEVELS[each] - level))
            is_candidate = name == candidate_side(number, image)
            assert maker == ("input" if name == "input" else "candidate" if is_candidate else "incumbent")
            sides.add((name, maker))
    assert ada.get(f"/rollouts/{number}/pairs/{images[0]}/candidate.jpg").status == 404
    assert ada.get(f"/rollouts/{number}/pairs/999999/left.jpg").status == 404


def test_a_rollout_is_started_at_the_desk(ada: Visitor) -> None:
    page = ada.get("/rollouts/start").text
    assert 'value="upscale lanczos"' in page
    fields = {"recipe": "catalog", "candidate": "upscale lanczos", "share": "50", "margin": "2.5"}
    fields["max_latency"] = "4"
    assert ada.post("/rollouts/start", fields | {"share": "0"}, page="/rollouts").status == 400
    assert ada.post("/rollouts/start", fields | {"recipe": "archival"}, page="/rollouts").status == 409
    assert ada.post("/rollouts/start", fields, page="/rollouts").status == 200
    (row,) = db_builders.execute("SELECT * FROM rollouts WHERE candidate = 'lanczos'").all()
    assert (row.step, row.incumbent, row.state) == ("upscale", "back_projection", "shadow")
    assert (row.share, row.margin, row.max_latency) == (0.5, 0.025, 4.0)
    assert row.started_by == "person:ada"
    assert ada.post("/rollouts/start", fields, page="/rollouts").status == 409


@pytest.mark.slow
def test_pairs_are_compared_by_keys_and_the_next_pictures_are_there_already(
    desk: str, number: int, images: list[int]
) -> None:
    with chromium() as browser:
        compare_by_keys(browser, desk, number)


def compare_by_keys(browser: "Browser", desk: str, number: int) -> None:
    from playwright.sync_api import expect

    with visit(browser, desk, f"/rollouts/{number}/pairs") as page:
        first, second = (each.image_id for each in rollouts.pair_rows(number)[:2])
        with page.expect_response(re.compile(rf"/pairs/{second}/right\.jpg")):
            page.reload()
        expect(page.locator("#pair")).to_contain_text("3 pairs to compare")
        page.keyboard.press("1")
        expect(page.locator("#pair")).to_contain_text("2 pairs to compare")
        page.keyboard.press("u")
        expect(page.locator("#undo-pair output")).to_contain_text("undone")
        expect(page.locator(f'form[action$="/pairs/{first}"]')).to_be_visible()
        page.keyboard.press("z")
        expect(page.locator("#pair")).to_have_class("actual")
        page.keyboard.press("2")
        expect(page.locator("#pair")).to_contain_text("2 pairs to compare")
        expect(page.locator("#pair")).to_have_class("actual")
        page.keyboard.press("=")
        expect(page.locator("#pair")).to_contain_text("1 pair to compare")
        page.keyboard.press("=")
        expect(page.locator("#pair")).to_contain_text("Every pair is compared")
    after = rollouts.get(number)
    assert after.prefers_neither == 2
    assert after.prefers_candidate + after.prefers_incumbent == 1
