"""A stamp is found again by its place and letters, and nothing else is taken for it."""

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.facts import Box
from line.picture import Rgb
from line.states import TemplateState
from line.vendor import VendorTemplate
from models.contract import Region, TextFinder
from overlay.mask.strokes import find_strokes
from overlay.templates.text_template import RIM, SAME_LOOK, Stamp, as_text, canvas, corners, look_for, look_of


def photo(
    seed: int,
    text: str = "acme.example",
    ink: tuple[int, int, int] = (255, 255, 255),
    size: tuple[int, int] = (600, 400),
) -> tuple[Rgb, Box]:
    """A soft, coloured ground with a text in the lower right corner, and where it stands."""
    small = np.random.default_rng(seed).integers(20, 130, (3, 4, 3), np.uint8)
    image = Image.fromarray(cv2.resize(small, size, interpolation=cv2.INTER_CUBIC))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(size[0] * 0.05)
    at = (size[0] * 0.95, size[1] * 0.95)
    draw.text(at, text, font=font, fill=ink, anchor="rs")
    left, top, right, bottom = draw.textbbox(at, text, font=font, anchor="rs")
    return np.asarray(image), (left / size[0], top / size[1], right / size[0], bottom / size[1])


def stamp_of(text: str = "acme.example", *, confirmed: bool = True) -> Stamp:
    photos = [photo(seed, text) for seed in range(6)]
    look = np.mean([canvas(rgb, box, RIM) for rgb, box in photos], axis=0)
    state = TemplateState.CONFIRMED if confirmed else TemplateState.PROPOSED
    return Stamp.from_record(VendorTemplate(7, state, photos[0][1], 6, (255, 255, 255), as_text(look)))


class Seeing(TextFinder):
    """Sees one text, or none, on parts of a photo; remembers how large they were."""

    name, licence, source, revision = "seeing", "MIT", "test", "1"

    def __init__(self, share: Box | None = None) -> None:
        super().__init__()
        self.share = share
        self.looked_at: list[tuple[int, ...]] = []

    def find(self, rgb: Rgb, *, limit: int) -> list[Region]:
        self.looked_at.append(rgb.shape[:2])
        return [Region(corners(rgb, self.share), 0.8)] if self.share else []


def test_a_stamp_of_the_same_width_is_known_again_on_a_photo_of_another_format() -> None:
    stamp, (rgb, box) = stamp_of(), photo(12, size=(600, 800))
    assert stamp.is_at(box)
    assert stamp.is_on(rgb, SAME_LOOK, box)


@pytest.mark.parametrize("size", [(600, 400), (900, 600), (1500, 1000)])
def test_the_same_letters_are_known_again_on_other_grounds_and_at_other_sizes(size: tuple[int, int]) -> None:
    assert all(stamp_of().is_on(photo(seed, size=size)[0], SAME_LOOK) for seed in range(10, 16))


@pytest.mark.parametrize("text", ["", "2026/05/14", "No. 4711"])
def test_no_letters_and_other_letters_are_not_the_same(text: str) -> None:
    assert not any(stamp_of().is_on(photo(seed, text)[0], SAME_LOOK) for seed in range(10, 16))


def test_a_look_survives_the_records() -> None:
    look = canvas(*photo(1), RIM)
    assert look_of(as_text(look)) == pytest.approx(look, abs=0.5 / 255)
    assert look_of(as_text(look)).shape == look.shape


def test_a_stamp_has_its_ink() -> None:
    rgb, box = photo(1)
    other, _ = photo(1, ink=(200, 0, 0))
    assert stamp_of().is_of_ink(find_strokes(rgb, corners(rgb, box)))
    assert not stamp_of().is_of_ink(find_strokes(other, corners(other, box)))


def test_a_text_is_at_the_place_when_it_covers_it_or_is_a_part_of_it() -> None:
    stamp = Stamp(1, (0.5, 0.8, 0.9, 0.9), True, 9)
    assert stamp.is_at((0.51, 0.81, 0.9, 0.91))
    assert stamp.is_at((0.5, 0.8, 0.6, 0.9))
    assert stamp.is_at((0.5, 0.75, 0.9, 0.95))  # as wide, and higher on a photo of another format
    assert not stamp.is_at((0.5, 0.4, 0.9, 0.95))
    assert not stamp.is_at((0.2, 0.75, 0.9, 0.95))
    assert not stamp.is_at((0.0, 0.5, 1.0, 1.0))
    assert not stamp.is_at((0.1, 0.1, 0.2, 0.2))


def test_a_stamp_that_the_detector_missed_is_looked_for_enlarged() -> None:
    rgb, _ = photo(20)
    stamp, finder = stamp_of(), Seeing((0.1, 0.3, 0.9, 0.7))
    (region,) = look_for(rgb, finder, [stamp], [])
    ((high, wide),) = finder.looked_at
    assert 1.2 < wide / high < 6
    assert high < 400
    assert stamp.is_at((
        float(region.quad[0, 0]) / 600,
        float(region.quad[0, 1]) / 400,
        float(region.quad[2, 0]) / 600,
        float(region.quad[2, 1]) / 400,
    ))  # fmt: skip


def test_where_the_detector_sees_nothing_at_all_the_letters_tell() -> None:
    (region,) = look_for(photo(20)[0], Seeing(), [stamp_of()], [])
    assert region.score == 0
    assert look_for(photo(20, "")[0], Seeing(), [stamp_of()], []) == []


def test_only_confirmed_places_without_text_are_looked_at_again() -> None:
    rgb, box = photo(20)
    finder = Seeing()
    assert look_for(rgb, finder, [stamp_of(confirmed=False)], []) == []
    assert look_for(rgb, finder, [stamp_of()], [Region(corners(rgb, box), 0.9)]) == []
    assert finder.looked_at == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 400), (40, 40)])
def test_tiny_photos_do_no_harm(shape: tuple[int, int]) -> None:
    rgb = np.zeros((*shape, 3), np.uint8)
    assert look_for(rgb, Seeing(), [stamp_of()], []) == []
