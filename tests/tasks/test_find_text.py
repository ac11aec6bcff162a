"""The step with the network that ships with Sluice, as the default recipe runs it."""

from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from line.picture import Edited, Flagged, Picture
from models.contract import Model, Task, build
from tasks.find_text import find_text
from tests.harness.pictures.painted import Painted


@cache
def network() -> Model:
    model = build().get(str(find_text.default_model), Task.FIND_TEXT)()
    model.load()
    return model


def written(text: str = "") -> Picture:
    """Crisp letters on a soft grey ground."""
    ground = np.tile(np.linspace(150, 190, 400)[None, :, None], (300, 1, 3)).astype(np.uint8)
    image = Image.fromarray(ground)
    ImageDraw.Draw(image).text((70, 45), text, font=ImageFont.load_default(24), fill=(230, 0, 18))
    return Picture("a.jpg", np.asarray(image))


def test_the_shipped_network_leads_to_a_mask_over_a_caption() -> None:
    picture = written("SALE -50%")
    (outcome,) = find_text.function([picture], network())
    assert isinstance(outcome, Edited | Flagged)
    assert outcome.picture is not None
    assert outcome.picture.mask is not None
    letters = picture.rgb[..., 0].astype(int) - picture.rgb[..., 1] > 60
    assert (outcome.picture.mask > 0)[letters].mean() > 0.8
    assert not outcome.picture.mask[150:].any()


def test_a_photo_without_overlay_gets_no_mask() -> None:
    (outcome,) = find_text.function([written()], network())
    assert isinstance(outcome, Edited)
    assert outcome.picture.mask is None
    assert outcome.picture.facts.regions == ()
    assert outcome.picture.facts.coverage == 0


def test_each_picture_gets_an_outcome_of_its_own() -> None:
    outcomes = find_text.function([written("SALE -50%"), written()], network())
    pictures = [outcome.picture for outcome in outcomes if isinstance(outcome, Edited)]
    assert [picture.mask is None for picture in pictures] == [False, True]


def test_another_word_for_erase_is_refused() -> None:
    with pytest.raises(ValueError, match="'maybe'"):
        find_text.function([written()], Painted(), erase="maybe")


def test_the_network_needs_no_torch_and_no_download() -> None:
    assert network().missing() is None
    assert not type(network()).missing()
