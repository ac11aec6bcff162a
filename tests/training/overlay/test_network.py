"""Training of the network: its start, its steps, its loss."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra gpu trains")

from training.overlay.losses import loss  # noqa: E402
from training.overlay.optimiser import MAX_STEP, MAX_STEP_NEW, CappedAdam  # noqa: E402


def labels(**planes: float) -> Any:
    """Labels [1, 7, 32, 32], each plane of one value."""
    names = ("ink", "panel", "imprint", "opacity", "unsure", "claimed", "ignored")
    return torch.stack([torch.full((32, 32), planes.get(name, 0.0)) for name in names])[None]


@pytest.mark.parametrize(("pretrained", "cap"), [(True, MAX_STEP), (False, MAX_STEP_NEW)])
def test_no_tensor_moves_by_more_than_its_cap(pretrained: bool, cap: float) -> None:
    weight = torch.nn.Parameter(torch.full((64,), 0.05))
    optimiser = CappedAdam([weight], []) if pretrained else CappedAdam([], [weight])
    before = weight.detach().clone()
    (1e6 * weight.sum()).backward()
    optimiser.step(1.0)
    moved = float((weight.detach() - before).pow(2).mean().sqrt())
    assert moved == pytest.approx(cap * 0.05, rel=1e-3)


def test_training_goes_on_from_a_stored_state_as_if_it_had_not_stopped() -> None:
    def steps(optimiser: CappedAdam, weight: Any, count: int) -> None:
        for _ in range(count):
            (weight**2).sum().backward()
            optimiser.step(0.5)

    weight = torch.nn.Parameter(torch.linspace(0.1, 1, 8))
    whole = CappedAdam([weight], [])
    steps(whole, weight, 3)
    copy = torch.nn.Parameter(weight.detach().clone())
    resumed = CappedAdam([copy], [])
    resumed.load(whole.state())
    steps(whole, weight, 2)
    steps(resumed, copy, 2)
    assert torch.equal(weight, copy)
    assert torch.equal(whole.average[0], resumed.average[0])


def test_the_loss_is_least_where_the_network_is_right() -> None:
    right, wrong = torch.full((1, 4, 32, 32), -6.0), torch.full((1, 4, 32, 32), -6.0)
    right[:, 0] = 6.0
    truth = labels(ink=1.0, opacity=0.0)
    assert float(loss(right, truth)[0]) < 0.2 * float(loss(wrong, truth)[0])


def test_what_is_not_known_does_not_count() -> None:
    logits = torch.randn(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    parts = loss(logits, labels(ignored=1.0))[1]
    assert parts["ink"] == parts["panel"] == parts["print"] == parts["opacity"] == 0


def test_print_found_on_the_clean_photo_weighs_more_when_it_is_taken_for_an_overlay() -> None:
    alarm = torch.full((1, 4, 32, 32), -6.0)
    alarm[:, 0, :8] = 2.0
    on_print = labels()
    on_print[:, 4, :8] = 1.0
    assert loss(alarm, on_print)[1]["ink"] > loss(alarm, labels())[1]["ink"]


def test_a_real_overlays_box_asks_for_ink_somewhere_in_it() -> None:
    empty, inked = torch.full((1, 4, 32, 32), -6.0), torch.full((1, 4, 32, 32), -6.0)
    inked[:, 0, ::6, ::6] = 6.0
    claimed = labels(claimed=1.0, ignored=1.0)
    assert loss(inked, claimed)[1]["claims"] < 0.1 * loss(empty, claimed)[1]["claims"]


def test_normalized_photos_are_blue_first() -> None:
    from training.overlay.network import MEAN, STD, normalized

    red = np.zeros((2, 2, 3), np.uint8)
    red[..., 0] = 255
    planes = normalized(red)
    assert planes.shape == (3, 2, 2)
    assert planes[2, 0, 0] == pytest.approx((1 - MEAN[2]) / STD[2], abs=1e-5)
    assert planes[0, 0, 0] == pytest.approx(-MEAN[0] / STD[0], abs=1e-5)
