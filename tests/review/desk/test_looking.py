"""What the desk shows: queues, both readings of a doubt, before and after; and to whom."""

import cv2
import numpy as np
import pytest

from review.desk.drawing.masks import TINT_OPACITY, contrasting
from tests.harness import db_builders
from tests.harness.desk import Reply, Visitor
from tests.harness.doubts import BLUE, GREEN, HIGH, WIDE, badly_filled, doubtful, picture, text_mask
from tests.harness.pictures.opencv import decoded

pytestmark = [pytest.mark.services]


def pixels(reply: Reply) -> np.ndarray:
    """[H, W, 3] int16 RGB of a picture that was answered."""
    assert reply.status == 200, reply.text
    return decoded(reply.body)[..., ::-1].astype(np.int16)


def is_colour(part: np.ndarray, colour: tuple[float, ...]) -> bool:
    return bool(np.abs(part - np.array(colour)).max(axis=-1).mean() < 25)


@pytest.mark.parametrize(
    ("name", "password"), [("ada", "guess"), ("bob", ""), ("a b", None), ("", None), ("<b>", None)]
)
def test_nobody_comes_in_without_a_name_and_the_password(desk: str, name: str, password: str | None) -> None:
    visitor = Visitor(desk, name=name) if password is None else Visitor(desk, name=name, password=password)
    for path in ("/", "/batches/1", "/images/1", "/images/1/before.jpg", "/templates", "/nowhere"):
        reply = visitor.get(path)
        assert reply.status == 401
        assert reply.headers["WWW-Authenticate"].startswith("Basic ")
        assert "flagged" not in reply.text


def test_whoever_sends_no_login_is_asked_for_one(desk: str) -> None:
    visitor = Visitor(desk)
    visitor.login = ""
    assert visitor.get("/").status == 401


def test_the_overview_tells_how_much_waits_and_why(ada: Visitor, store: str) -> None:
    images = doubtful(store, 3)
    page = ada.get("/").text
    assert f'<a href="/batches/{db_builders.batch_of(images[0])}">acme/spring</a>' in page
    assert "Is this text an overlay, or print on the product? <b>3</b>" in page
    assert '<span class="person">ada</span>' in page


def test_a_batch_shows_every_image_with_its_answers(ada: Visitor, store: str) -> None:
    doubts = doubtful(store, 2)
    page = ada.get(f"/batches/{db_builders.batch_of(doubts[0])}").text
    assert page.count('class="card"') == 2
    for words in (
        "It is print: keep it",
        "It is an overlay: erase all of it",
        "Erase the chosen pieces",
        "Draw what to erase",
        "Discard",
    ):
        assert page.count(words) == 2
    (fill,) = badly_filled(store)
    page = ada.get(f"/batches/{db_builders.batch_of(fill)}").text
    assert "Good: use the result" in page
    assert "It is print" not in page
    assert "An edge is visible around the filled area" in page
    assert (
        "Step to the outermost pixels of the filled area: 50 of 255 grey levels, must be at most 45" in page
    )


def test_a_batch_is_shown_by_reason_and_in_pages(ada: Visitor, store: str) -> None:
    images = doubtful(store, 23)
    batch = db_builders.batch_of(images[0])
    page = ada.get(f"/batches/{batch}?reason=overlay_or_print")
    assert page.text.count('class="card"') == 20
    more = f"/batches/{batch}?after={images[19]}"
    assert f"{more}&amp;reason=overlay_or_print" in page.text
    assert ada.get(more).text.count('class="card"') == 3
    assert "There is nothing to decide here" in ada.get(f"/batches/{batch}?reason=seam.rim").text


def test_each_piece_that_was_found_can_be_clicked(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    page = ada.get(f"/images/{image}").text
    assert f'<svg viewBox="0 0 {WIDE} {HIGH}"' in page
    assert '<polygon points="9,9 50,9 50,20 9,20" data-region="0" class="chosen">' in page
    assert '<input type="checkbox" name="region" value="0" checked>' in page
    assert "text, 61% likely to be an overlay" in page
    assert "filled: would be erased" in page


def test_both_readings_of_a_doubt_are_shown(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    mask_pixels, erased = (pixels(ada.get(f"/images/{image}/{name}.jpg")) for name in ("found", "erased"))
    assert mask_pixels.shape == erased.shape == (HIGH, WIDE, 3)
    assert is_colour(mask_pixels[12:18, 14:46], GREEN)
    assert not is_colour(mask_pixels[4:9, 6:52], GREEN)  # the outline
    colour = np.array(contrasting(picture(GREEN), text_mask() > 0))
    assert np.abs(erased[15, 30] - mask_pixels[15, 30]).max() > 60, "the mask contrasts with the picture"
    mixed = (1 - TINT_OPACITY) * np.array(GREEN) + TINT_OPACITY * colour
    assert is_colour(erased[13:17, 16:44], tuple(mixed.tolist())), "and the picture shines through"
    assert is_colour(erased[30:], GREEN)


def test_a_fill_is_shown_before_after_and_closely_where_a_limit_broke(ada: Visitor, store: str) -> None:
    (image,) = badly_filled(store)
    page = ada.get(f"/images/{image}").text
    for name in ("before", "after", "close-before", "close-after"):
        assert f"/images/{image}/{name}.jpg?v=" in page
    before, after = (pixels(ada.get(f"/images/{image}/{name}.jpg")) for name in ("before", "after"))
    assert is_colour(before, GREEN)
    assert is_colour(after[30:], BLUE)
    close = pixels(ada.get(f"/images/{image}/close-after.jpg"))
    assert is_colour(close, BLUE)
    assert max(close.shape) > max(after.shape)


def test_the_mask_that_was_found_is_where_drawing_starts(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store)
    page = ada.get(f"/images/{image}/draw").text
    addresses = [page.partition(f'data-{name}="')[2].partition('"')[0] for name in ("picture", "mask")]
    picture, mask = (ada.get(f"{address}/0/0-0") for address in addresses)
    assert is_colour(pixels(picture), GREEN)
    shown = decoded(mask.body, cv2.IMREAD_UNCHANGED)
    assert np.array_equal(shown[..., 3], text_mask())


def test_names_of_files_are_text_and_never_markup(ada: Visitor, store: str) -> None:
    (image,) = doubtful(store, names=['<script>alert(1)</script>"onload=x.jpg'])
    for path in (f"/batches/{db_builders.batch_of(image)}", f"/images/{image}", f"/images/{image}/draw"):
        page = ada.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)" in page


def test_no_page_runs_or_loads_anything_foreign(ada: Visitor) -> None:
    for path in ("/", "/templates", "/nowhere"):
        reply = ada.get(path)
        assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in reply.headers["Content-Security-Policy"]
        assert reply.headers["Cache-Control"] == "no-store"
        assert "http://" not in reply.text
        assert "https://" not in reply.text


def test_an_image_that_is_not_flagged_is_told_as_what_it_is(ada: Visitor) -> None:
    batch = db_builders.delivered(1)
    (image,) = (row.id for row in db_builders.rows(batch))
    page = ada.get(f"/images/{image}")
    assert page.status == 200
    assert "is delivered" in page.text
    assert ada.get(f"/images/{image}/before.jpg").status == 404
    assert ada.get(f"/images/{image}/draw").status == 409
    assert "There is nothing to decide here" in ada.get(f"/batches/{batch}").text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/images/987654", 404),
        ("/batches/987654", 409),
        ("/batches/1?after=x", 400),
        ("/batches/1?after=99999999999999999999", 400),
        ("/images/987654/before.jpg", 404),
        ("/templates/987654.png", 404),
        ("/images/99999999999999999999", 404),
        ("/../../etc/passwd", 404),
        ("/static/../application.py", 404),
    ],
)
def test_what_is_not_there_is_an_error_with_words(ada: Visitor, path: str, status: int) -> None:
    assert ada.get(path).status == status


def test_an_image_without_pictures_can_still_be_decided(ada: Visitor) -> None:
    batch = db_builders.flagged(1, step=0)
    (image,) = (row.id for row in db_builders.rows(batch))
    db_builders.execute("UPDATE images SET current = NULL, proposal = NULL WHERE id = :id", id=image)
    page = ada.get(f"/batches/{batch}").text
    assert "Discard" in page
    assert "<img" not in page


def test_a_batch_shows_what_its_budget_has_spent_reserved_and_left(ada: Visitor, store: str) -> None:
    batch = db_builders.batch_of(doubtful(store, 1)[0])
    db_builders.execute(
        "INSERT INTO budgets (scope, key, ceiling, spent, reserved) VALUES ('batch', :key, 10, 5, 2)",
        key=str(batch),
    )
    page = ada.get(f"/batches/{batch}").text
    assert "5.0000 spent | 2.0000 reserved | 3.0000 left of 10.0000" in page
    assert 'class="spent" height="4" width="50.0"' in page
    assert 'class="reserved" height="4" x="50.0" width="20.0"' in page
    assert "style=" not in page  # the page's policy would drop it
