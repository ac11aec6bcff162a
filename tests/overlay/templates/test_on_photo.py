"""Which template stands at a place, and whose ink settles a doubt."""

import numpy as np
import pytest

from line.facts import Box
from line.states import TemplateState
from line.vendor import VendorTemplate
from overlay.regions import find_regions
from overlay.templates.on_photo import Templates, find, is_at, settles
from tests.harness.pictures.painted import STRONG, WEAK, Paint, Painted
from tests.harness.pictures.signed import learnt, stamped

PLACE: Box = (0.5, 0.8, 0.9, 0.9)


def template(state: TemplateState = TemplateState.CONFIRMED, **more: object) -> VendorTemplate:
    return VendorTemplate(1, state, PLACE, 9, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("box", "there"),
    [
        ((0.51, 0.81, 0.9, 0.91), True),
        ((0.5, 0.8, 0.6, 0.9), True),
        ((0.5, 0.75, 0.9, 0.95), True),  # as wide, and higher on a photo of another format
        ((0.5, 0.4, 0.9, 0.95), False),
        ((0.2, 0.75, 0.9, 0.95), False),
        ((0.0, 0.5, 1.0, 1.0), False),
        ((0.1, 0.1, 0.2, 0.2), False),
    ],
)
def test_a_region_is_at_the_place_when_it_covers_it_or_is_a_part_of_it(box: Box, there: bool) -> None:
    assert is_at(template(), box) is there


def test_a_template_without_letters_or_outline_finds_nothing() -> None:
    assert find(template(), stamped(9)[0], [PLACE]) is None


def test_the_ink_settles_a_doubt_at_a_confirmed_place_and_not_what_is_print() -> None:
    rgb, _, pixels = stamped(9)
    (doubtful, *_) = find_regions(Painted(Paint(pixels, ink=WEAK)).segment(rgb, limit=640), rgb)
    unsure = doubtful.probability - 0.01
    red = template(ink=(200, 30, 40))
    assert settles(red, rgb, doubtful, unsure)
    assert not settles(red, rgb, doubtful, doubtful.probability + 0.01)
    assert not settles(template(ink=(20, 30, 240)), rgb, doubtful, unsure)
    assert not settles(template(), rgb, doubtful, unsure)
    assert not settles(template(TemplateState.PROPOSED, ink=(200, 30, 40)), rgb, doubtful, unsure)
    assert not settles(None, rgb, doubtful, unsure)


def test_a_photo_bears_the_overlays_of_confirmed_templates_and_their_parts() -> None:
    rgb, box, pixels = stamped(9)
    record = VendorTemplate(4, TemplateState.CONFIRMED, box, 9, mark=learnt().as_fact())
    elsewhere = np.zeros_like(pixels)
    elsewhere[20:40, 20:80] = True
    maps = Painted(Paint(pixels | elsewhere, ink=STRONG)).segment(rgb, limit=640)
    regions = find_regions(maps, rgb)
    templates = Templates.on(rgb, [template(TemplateState.PROPOSED), record], regions)
    assert [one.is_confirmed for one in templates.records] == [True, False]
    assert [one.template for one in templates.overlays] == [4]
    holder = templates.holder(regions[-1], pixels.astype(np.uint8))
    assert holder is not None
    assert holder.template == 4
    assert templates.holder(regions[0], elsewhere.astype(np.uint8)) is None


def test_without_templates_nothing_is_looked_for() -> None:
    templates = Templates.on(stamped(9)[0], [], [])
    assert (templates.records, templates.overlays) == ([], [])
