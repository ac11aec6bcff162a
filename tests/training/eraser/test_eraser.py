"""The eraser network and the crops that it is trained on."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from training.eraser.network import INPUTS, EraserNetwork  # noqa: E402
from training.eraser.pairs import SIDE, crops  # noqa: E402
from training.eraser.train import loss, psnr, tensors  # noqa: E402
from training.overlay.photos import Source  # noqa: E402
from training.split import Part  # noqa: E402


def test_outside_the_mask_the_network_gives_the_drawn_photo() -> None:
    x = torch.rand(2, INPUTS, 32, 48)
    x[:, 6] = 0
    x[:, 6, 8:20, 8:40] = 1
    with torch.no_grad():
        filled = EraserNetwork()(x)
    assert filled.shape == (2, 4, 32, 48)
    outside = x[:, 6:].expand(-1, 3, -1, -1) == 0
    assert torch.equal(filled[:, :3][outside], x[:, :3][outside])
    assert not torch.equal(filled[:, :3], x[:, :3])
    assert 0 <= float(filled[:, 3].min()) <= float(filled[:, 3].max()) <= 1


def test_a_perfect_fill_costs_nothing_and_a_wrong_one_costs_by_its_difference() -> None:
    clean, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    assert float(loss(clean, clean, mask)) == 0
    assert float(loss(clean + 0.2, clean, mask)) > float(loss(clean + 0.1, clean, mask)) > 0.09
    assert float(loss(clean + 0.2, clean, 0 * mask)) == 0
    assert float(psnr(clean + 0.1, clean, mask)) == pytest.approx(20, abs=0.01)


def test_a_crop_shows_the_photo_with_and_without_what_was_drawn_under_its_mask(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:360, :420]
    photo = np.dstack([90 + rows // 4, 60 + columns // 4, 120 + (rows + columns) // 9]).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    source = Source(tmp_path / "photo.png", "own/photo.png", Part.TRAINING, large=False)
    crops_of_photo = [crop for seed in range(12) for crop in crops(source, np.random.default_rng(seed))]
    assert crops_of_photo
    for drawn, clean, base, mask in crops_of_photo:
        assert drawn.shape == clean.shape == base.shape == (SIDE, SIDE, 3)
        changed = np.abs(drawn.astype(int) - clean).max(axis=-1)
        assert changed[mask > 0].max() > 2
        assert np.percentile(changed[mask == 0], 99) <= 12  # JPEG alone
        assert (base[mask == 0] == drawn[mask == 0]).all()
    x, clean_photos = tensors(np.stack([np.dstack(crop) for crop in crops_of_photo]))
    assert x.shape == (len(crops_of_photo), INPUTS, SIDE, SIDE)
    assert clean_photos.shape == (len(crops_of_photo), 3, SIDE, SIDE)
