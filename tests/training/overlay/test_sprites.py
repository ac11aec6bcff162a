"""Sprites that a browser drew, from their sheet to a sample."""

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.overlay.drawing.blend import Labelled
from training.overlay.drawing.sprites import Sprites, scaled
from training.overlay.sample import draw
from training.overlay.web import sheets


def test_a_sprite_changes_the_pixels_that_its_labels_name(tmp_path: Path) -> None:
    ink, panel = np.zeros((40, 120, 4), np.uint8), np.zeros((40, 120, 4), np.uint8)
    panel[...] = (200, 30, 30, 255)
    ink[12:28, 20:100] = (255, 255, 255, 255)
    cv2.imwrite(str(tmp_path / "badge-0-00000.png"), np.concatenate([ink, panel]))
    ink_share = panel_share = 0.0
    for seed in range(12):
        photo = Labelled.of(np.full((300, 400, 3), 128, np.uint8))
        draw(photo, np.random.default_rng(seed), sprites=Sprites(tmp_path))
        changed = (photo.rgb != 128).any(-1)
        labels = np.maximum(photo.ink, photo.panel) > 0
        assert (changed == labels).mean() > 0.98
        ink_share, panel_share = ink_share + photo.ink.mean(), panel_share + photo.panel.mean()
    assert ink_share > 0
    assert panel_share > 0


def test_a_shrunk_sprite_keeps_its_colour_up_to_its_edge() -> None:
    sprite = np.zeros((40, 40, 4), np.uint8)
    sprite[10:31, 10:31] = (250, 40, 40, 255)
    small = scaled(sprite, (13, 13))
    drawn = small[..., 3] > 10
    assert (np.abs(small[drawn][:, :3].astype(int) - (250, 40, 40)) < 3).all()


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_draws_every_kind_with_transparency() -> None:
    with sheets.browser_page() as page:
        for kinds in (list(sheets.WEB_KINDS)[:20], list(sheets.WEB_KINDS)[20:]):
            sprites = list(sheets.drawn(page, np.random.default_rng(1), kinds))
            assert {kind for kind, _, _ in sprites} == set(kinds)
            for kind, ink, panel in sprites:
                assert np.maximum(ink[..., 3], panel[..., 3]).max() > 30, kind
                assert min(ink[..., 3].min(), panel[..., 3].min()) < 255, kind
