"""The eraser network and the crops that it is trained on."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

torch = pytest.importorskip("torch")

from training.eraser.export import export  # noqa: E402
from training.eraser.filler import Eraser  # noqa: E402
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
    assert filled.shape == (2, 5, 32, 48)
    outside = x[:, 6:].expand(-1, 3, -1, -1) == 0
    assert torch.equal(filled[:, :3][outside], x[:, :3][outside])
    assert not torch.equal(filled[:, :3], x[:, :3])
    shares = filled[:, 3:]
    assert 0 <= float(shares.min()) <= float(shares.max()) <= 1


def parts_of(clean: Any, by: float = 0.0, opaque: float = 0.5, beneath: float = 0.0) -> Any:
    """What a network gives that is wrong by ``by``, and by ``beneath`` in what shines through."""
    one = clean[:, :1]
    return torch.cat(
        [clean + by, torch.full_like(one, 0.5), torch.full_like(one, opaque), clean + beneath], 1
    )


def test_a_perfect_fill_costs_least_and_a_wrong_one_costs_by_its_difference() -> None:
    clean, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    wanted = torch.cat([clean, torch.full((1, 1, 16, 16), 0.5)], 1)

    def cost(by: float = 0.0, opaque: float = 0.5, beneath: float = 0.0) -> float:
        return float(loss(parts_of(clean, by, opaque, beneath), clean, wanted, mask))

    least = cost()
    assert cost(0.2) - least > cost(0.1) - least > 0.09
    assert cost(opaque=0.9) > cost(opaque=0.6) > least
    assert cost(beneath=0.2) > cost(beneath=0.1) > least
    assert float(loss(parts_of(clean, 0.2), clean, wanted, 0 * mask)) == 0
    assert float(psnr(clean + 0.1, clean, mask)) == pytest.approx(20, abs=0.01)


def test_what_shines_through_is_chosen_where_it_is_better_than_the_first_fill() -> None:
    clean, mask = torch.rand(1, 3, 16, 16), torch.ones(1, 1, 16, 16)
    wanted = torch.cat([clean, torch.full((1, 1, 16, 16), 0.5)], 1)
    given = parts_of(clean).requires_grad_()
    loss(given, clean + 0.3, wanted, mask).backward()
    assert given.grad is not None
    assert float(given.grad[:, 3].max()) < 0  # more of it costs less
    other = parts_of(clean, beneath=0.3).requires_grad_()
    loss(other, clean, wanted, mask).backward()
    assert other.grad is not None
    assert float(other.grad[:, 3].min()) > 0


def test_large_masks_count_by_the_square_root_of_their_area() -> None:
    wanted = torch.zeros(2, 4, 16, 16)
    mask = torch.zeros(2, 1, 16, 16)
    mask[0] = 1
    mask[1, :, 4:8, 4:8] = 1

    def cost(large: float, small: float) -> float:
        given = torch.zeros(2, 8, 16, 16)
        given[0, :3], given[1, :3] = large, small
        return float(loss(given, wanted[:, :3], wanted, mask))

    least = cost(0, 0)
    assert 2 < (cost(0.1, 0) - least) / (cost(0, 0.1) - least) < 5  # 16 times the pixels


def test_a_crop_shows_the_photo_with_and_without_what_was_drawn_under_its_mask(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:360, :420]
    photo = np.dstack([90 + rows // 4, 60 + columns // 4, 120 + (rows + columns) // 9]).astype(np.uint8)
    Image.fromarray(photo).save(tmp_path / "photo.png")
    source = Source(tmp_path / "photo.png", "own/photo.png", Part.TRAINING, large=False)
    crops_of_photo = [crop for seed in range(12) for crop in crops(source, np.random.default_rng(seed))]
    assert crops_of_photo
    for drawn, clean, base, mask, opacity in crops_of_photo:
        assert drawn.shape == clean.shape == base.shape == (SIDE, SIDE, 3)
        changed = np.abs(drawn.astype(int) - clean).max(axis=-1)
        assert changed[mask > 0].max() > 2
        assert np.percentile(changed[mask == 0], 99) <= 12  # JPEG alone
        assert (base[mask == 0] == drawn[mask == 0]).all()
        assert opacity.max() > 0
        assert opacity[mask == 0].max(initial=0) == 0
    x, wanted = tensors(np.stack([np.dstack(crop) for crop in crops_of_photo]))
    assert x.shape == (len(crops_of_photo), INPUTS, SIDE, SIDE)
    assert wanted.shape == (len(crops_of_photo), 4, SIDE, SIDE)


def test_an_exported_network_fills_the_mask_of_any_size_and_nothing_else(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch's exporter
        export(EraserNetwork().eval(), tmp_path / "eraser.onnx")
    rows, columns = np.mgrid[:90, :131]
    photo = np.dstack([90 + rows // 4, 60 + columns // 4, 120 + (rows + columns) // 9]).astype(np.uint8)
    drawn, mask = photo.copy(), np.zeros(photo.shape[:2], np.uint8)
    drawn[30:50, 40:100] = 255
    mask[27:53, 37:103] = 255
    filled = Eraser(tmp_path / "eraser.onnx").fill(drawn, mask, seed=1)
    assert filled.shape == photo.shape
    assert filled.dtype == np.uint8
    assert (filled[mask == 0] == drawn[mask == 0]).all()
    # untrained, it is half the first fill and half what is drawn
    errors = [np.abs(picture[mask > 0].astype(int) - photo[mask > 0]).mean() for picture in (filled, drawn)]
    assert errors[0] < errors[1]
