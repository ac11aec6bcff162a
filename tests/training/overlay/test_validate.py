"""What is looked at while the network is trained."""

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra gpu trains")

from training.overlay.validate import Case, validate  # noqa: E402


class Bright(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Takes whatever is bright for ink."""

    def forward(self, x: Any) -> Any:
        shown = torch.nn.functional.avg_pool2d(x[:, :1], 2)
        return torch.cat([8 * shown - 4, torch.full_like(shown, -9.0)], 1)


def case(*, overlaid: bool, is_large: bool = False) -> Case:
    rgb = np.zeros((64, 64, 3), np.uint8)
    mask = np.zeros((32, 32), bool)
    if overlaid:
        rgb[16:32, 16:48] = 255
        mask[8:16, 8:24] = True
    return Case(rgb, mask if overlaid else np.zeros((0, 0), bool), is_large)


def test_a_network_that_sees_every_overlay_is_given_full_marks() -> None:
    every = [case(overlaid=number % 2 == 1, is_large=number < 4) for number in range(20)]
    figures = validate(Bright(), every)
    assert figures == {"ap": 1.0, "found": 1.0, "large_alarmed": 0.0}


def test_a_network_that_sees_nothing_finds_none() -> None:
    blind = torch.nn.Conv2d(3, 4, 2, stride=2)
    torch.nn.init.zeros_(blind.weight)
    figures = validate(blind, [case(overlaid=number % 2 == 1) for number in range(20)])
    assert figures["found"] == 0.0
    assert figures["ap"] == pytest.approx(8 * 16 / 32**2, abs=0.01)
