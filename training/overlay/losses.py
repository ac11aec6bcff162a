"""What the network is trained to lessen."""

import torch
from torch import Tensor
from torch.nn import functional

OVERLAID_WEIGHT = 3.0
"""Pixels of overlays weigh this much more than others."""
PRINT_WEIGHT = 2.0
"""Pixels of print, drawn or found by the text detector, weigh this much as overlays' negatives."""
FOCUS = 1.5
"""Exponent of the focal loss (Lin et al., ICCV 2017, arXiv:1708.02002)."""
CLAIM_WEIGHT = 0.25
"""Weight of the boxes of real overlays: somewhere in every neighbourhood of them there is ink."""
CLAIM_REACH = 11
"""Side of such a neighbourhood (pixels of the labels)."""


def loss(logits: Tensor, labels: Tensor) -> tuple[Tensor, dict[str, float]]:
    """The loss of log-odds [N, 4, h, w] against labels [N, 7, h, w] (``training.blend.Labelled``), and its parts."""
    ink, panel, imprint, opacity, unsure, claimed, ignored = labels.unbind(1)
    counted = 1 - ignored
    is_print = torch.maximum(imprint, unsure)
    ink_part = _focal(
        logits[:, 0], ink, counted * (1 + OVERLAID_WEIGHT * ink + (PRINT_WEIGHT - 1) * is_print * (1 - ink))
    )
    panel_part = _focal(logits[:, 1], panel, counted * (1 + (PRINT_WEIGHT - 1) * is_print * (1 - panel)))
    print_part = _focal(
        logits[:, 2], imprint, counted * (1 - unsure * (1 - imprint)) * (1 + OVERLAID_WEIGHT * imprint)
    )
    overlaid = torch.maximum(ink, panel) * counted
    opacity_part = (overlaid * (torch.sigmoid(logits[:, 3]) - opacity).abs()).sum() / (overlaid.sum() + 100)
    dice_part = _dice(torch.sigmoid(logits[:, 0]) * counted, ink * counted)
    claim_part = _claimed(logits[:, 0], claimed)
    parts = {"ink": ink_part, "panel": 0.5 * panel_part, "print": 0.5 * print_part, "opacity": 0.15 * opacity_part,
             "dice": 0.25 * dice_part, "claims": CLAIM_WEIGHT * claim_part}  # fmt: skip
    return torch.stack(list(parts.values())).sum(), {
        name: float(part.detach()) for name, part in parts.items()
    }


def _focal(logits: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Weighted focal loss; its mean is taken over the pixels that are of a kind, so that rare ones count."""
    plain = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    missed = (torch.sigmoid(logits) - target).abs() ** FOCUS
    return 20 * (weight * missed * plain).sum() / (weight.sum() + 1)


def _dice(share: Tensor, target: Tensor) -> Tensor:
    """Soft Dice loss over the batch (Milletari et al., 3DV 2016)."""
    return 1 - (2 * (share * target).sum() + 50) / ((share**2).sum() + (target**2).sum() + 50)


def _claimed(logits: Tensor, claimed: Tensor) -> Tensor:
    """Whether every neighbourhood within a claimed box holds some ink (multiple-instance learning)."""
    strongest = functional.max_pool2d(logits[:, None], CLAIM_REACH, 4, CLAIM_REACH // 2)
    inside = functional.avg_pool2d(claimed[:, None], CLAIM_REACH, 4, CLAIM_REACH // 2)
    inside = (inside > 0.6).float()
    return (inside * functional.softplus(-strongest)).sum() / (inside.sum() + 20)
