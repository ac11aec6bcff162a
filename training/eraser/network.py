"""The eraser network: a small U-Net that corrects a first fill with what the drawn photo still shows.

It says of each pixel which ink lies over it and how opaque that is. What shines through follows by inverting the
"over" operator (Porter and Duff, SIGGRAPH 1984), replaces the first fill to a share that the network gives, and a
residual is added. It starts half as the first fill and half as the drawn photo.

The input is packed by 2 x 2 pixels into channels (Shi et al., CVPR 2016, arXiv:1609.05158): no convolution runs at
full scale, where most of the time would go.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

PACKED = 2
"""Pixels along a side that become channels of one position."""
WIDTHS = (32, 64, 96)
"""Channels at half, quarter and eighth scale."""
DILATIONS = (1, 2, 4, 8, 1)
"""Of the convolutions at the lowest scale."""
STRIDE = PACKED * 2 ** (len(WIDTHS) - 1)
"""The sides of the input are multiples of this."""
INPUTS = 7
"""Drawn photo and first fill (RGB each) and mask."""
MAX_OPACITY = 0.93
"""Opacity above which nothing is taken to shine through."""
HEADS = 8
"""Opacity, share of what shines through, ink (RGB), residual (RGB)."""


class Block(nn.Module):  # type: ignore[misc]
    """Two convolutions with a residual connection."""

    def __init__(self, channels: int, dilation: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels, channels, 3, padding=dilation, dilation=dilation)
        self.second = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(functional.relu(self.first(functional.relu(x))))


class EraserNetwork(nn.Module):  # type: ignore[misc]
    """[N, 7, H, W] float32 (drawn RGB and first fill RGB in 0..1, mask 0..1) to [N, 5, H, W].

    Of these the first three are RGB 0..1, the next is the share 0..1 of what shines through, and the last the opacity.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(INPUTS * PACKED**2, WIDTHS[0], 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(wide, wider, 4, stride=2, padding=1) for wide, wider in pairwise(WIDTHS)
        )
        self.encode = nn.ModuleList(Block(wide) for wide in WIDTHS[:-1])
        self.lowest = nn.Sequential(*(Block(WIDTHS[-1], dilation) for dilation in DILATIONS))
        self.narrow = nn.ModuleList(nn.Conv2d(wider, wide, 1) for wide, wider in pairwise(WIDTHS))
        self.decode = nn.ModuleList(Block(wide) for wide in WIDTHS[:-1])
        self.head = nn.Conv2d(WIDTHS[0], HEADS * PACKED**2, 3, padding=1)
        nn.init.normal_(self.head.weight, std=0.01)
        # no ink at first, so that half of what is shown is kept: from a gate that begins shut it learns nothing
        self.head.bias.data = torch.tensor([-3.0] + [0.0] * (HEADS - 1)).repeat_interleave(PACKED**2)

    def forward(self, x: Tensor) -> Tensor:
        return self.parts(x)[:, :5]

    def parts(self, x: Tensor) -> Tensor:
        """[N, 8, H, W]: what ``forward`` gives, and behind it the RGB that shines through by opacity and ink alone."""
        drawn, base, mask = x[:, :3], x[:, 3:6], x[:, 6:]
        packed = functional.pixel_unshuffle(torch.cat([drawn - 0.5, base - 0.5, mask], 1), PACKED)
        features = self.stem(packed)
        skips = []
        for encode, down in zip(self.encode, self.down, strict=True):
            features = encode(features)
            skips.append(features)
            features = down(functional.relu(features))
        features = self.lowest(features)
        for level in reversed(range(len(skips))):
            wide = functional.interpolate(self.narrow[level](features), scale_factor=2, mode="nearest")
            features = self.decode[level](skips[level] + wide)
        out = functional.pixel_shuffle(self.head(functional.relu(features)), PACKED)
        opacity = MAX_OPACITY * torch.sigmoid(out[:, :1])
        share = torch.sigmoid(out[:, 1:2])
        ink = torch.sigmoid(out[:, 2:5])
        beneath = ((drawn - opacity * ink) / (1 - opacity)).clamp(-0.2, 1.2)
        filled = base + share * (beneath - base) + 0.5 * torch.tanh(2 * out[:, 5:8])
        return torch.cat([torch.where(mask > 0, filled, drawn), share, opacity, beneath], 1)
