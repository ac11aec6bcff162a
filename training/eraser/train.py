"""Trains the eraser network from a folder of crops.

    python -m training.eraser.pairs PAIRS &
    python -m training.eraser.train PAIRS CHECKPOINT --minutes 60

Stops after the given minutes, over which the learning rate falls; goes on from CHECKPOINT where it exists. Prints
PSNR within the mask over held-out crops, and that of the first fill.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.eraser.network import MAX_OPACITY, EraserNetwork
from training.loop import average_decay, files_of, rate_share, write_checkpoint

CROP = 128
"""Side of a training crop (pixels)."""
HELD_OUT = 100
"""Number of crops at the start of each folder that are not trained on, to look at meanwhile."""
REPORT_EVERY, SAVE_EVERY, CHECK_EVERY = 100, 200, 400
RATE, WARM_UP, FINAL_SHARE = 2e-3, 100, 0.03
"""Learning rate, steps over which it rises, and share of it that is left at the end."""
DECAY = 0.998
"""Of the moving average of the weights, a step."""
GRADIENT_WEIGHT, BLURRED_WEIGHT, OPACITY_WEIGHT = 1.0, 1.0, 0.1
"""Weights of the differences' gradients, of the differences after a blur of 2 pixels (what an eye sees first), and of
the opacity."""
BENEATH_WEIGHT, CHOICE_WEIGHT = 1.0, 0.1
"""Weights of what shines through, and of the choice between it and the first fill. Without them that choice closes
before the ink's colour is learnt, and nothing is ever learnt of it."""
CHOICE_SHARPNESS = 40.0
"""Of that choice, per unit of the difference of both errors."""


def tensors(stack: np.ndarray) -> tuple[Tensor, Tensor]:
    """[N, 7, H, W] input, and [N, 4, H, W] clean photo and opacity, from uint8 [N, H, W, 11]."""
    every = torch.from_numpy(np.ascontiguousarray(stack.transpose(0, 3, 1, 2))).float() / 255
    return torch.cat([every[:, :3], every[:, 6:10]], 1), torch.cat([every[:, 3:6], every[:, 10:]], 1)


def batch(files: list[Path], count: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random crops, turned and mirrored, their channels in any order."""
    crops: list[np.ndarray] = []
    while len(crops) < count:
        try:
            stored = np.load(files[rng.integers(len(files))])
        except (OSError, ValueError):
            continue
        top, left = rng.integers(0, stored.shape[0] - CROP + 1, 2)
        crop = np.rot90(stored[top : top + CROP, left : left + CROP], int(rng.integers(4)))
        if not crop[..., 9].any():
            continue
        crop = crop[:, :: 1 if rng.random() < 0.5 else -1]
        order = rng.permutation(3)
        crops.append(crop[..., [*order, *(3 + order), *(6 + order), 9, 10]])
    return tensors(np.stack(crops))


def loss(given: Tensor, base: Tensor, wanted: Tensor, mask: Tensor) -> Tensor:
    """Absolute differences of pixels, gradients, blurred pixels and opacity under the mask.

    Args:
        given: [N, 8, H, W], ``EraserNetwork.parts``.
        base: [N, 3, H, W], the first fill.
        wanted: [N, 4, H, W], clean photo and opacity.
        mask: [N, 1, H, W] in 0..1.
    """
    off = (given[:, :3] - wanted[:, :3]) * mask
    # each crop counts by the square root of its mask: large opaque areas, of which little can be learnt, weigh less
    count = mask.sum((1, 2, 3), keepdim=True) + 1
    off = off / count.sqrt()
    whole = 3 * count.sqrt().sum()
    value = off.abs().sum() / whole
    for step in (1, 2):
        across, down = off[..., step:] - off[..., :-step], off[..., step:, :] - off[..., :-step, :]
        value = value + GRADIENT_WEIGHT * 0.5 * (across.abs().sum() + down.abs().sum()) / whole
    blurred = functional.avg_pool2d(functional.avg_pool2d(off, 5, 1, 2), 5, 1, 2)
    value = value + BLURRED_WEIGHT * blurred.abs().sum() / whole
    weight = mask / count.sqrt()
    opacity = ((given[:, 4:5] - wanted[:, 3:].clamp(max=MAX_OPACITY)).abs() * weight).sum()
    beneath = (given[:, 5:] - wanted[:, :3]).abs().mean(1, keepdim=True)
    visible = weight * (1 - wanted[:, 3:])
    with torch.no_grad():
        better = (base - wanted[:, :3]).abs().mean(1, keepdim=True) - beneath
        choice = torch.sigmoid(CHOICE_SHARPNESS * better)
    share = given[:, 3:4].clamp(1e-4, 1 - 1e-4)
    chosen = (functional.binary_cross_entropy(share, choice, reduction="none") * weight).sum()
    parts = OPACITY_WEIGHT * opacity + BENEATH_WEIGHT * (beneath * visible).sum() + CHOICE_WEIGHT * chosen
    return value + parts / count.sqrt().sum()


def psnr(filled: Tensor, clean: Tensor, mask: Tensor) -> Tensor:
    """[N] dB under the mask."""
    inside = (mask > 0).float()
    error = (((filled - clean) ** 2) * inside).sum((1, 2, 3)) / (inside.sum((1, 2, 3)) * 3 + 1e-6)
    return 10 * torch.log10(1 / error.clamp_min(1e-6))


def check(network: EraserNetwork, files: list[Path]) -> str:
    """PSNR of the first fill and of the network over held-out crops."""
    before, after = [], []
    for start in range(0, len(files), 16):
        x, clean = tensors(np.stack([np.load(file) for file in files[start : start + 16]]))
        with torch.no_grad():
            filled = network(x)[:, :3]
        before.append(psnr(x[:, 3:6], clean[:, :3], x[:, 6:]))
        after.append(psnr(filled.clamp(0, 1), clean[:, :3], x[:, 6:]))
    first, last = torch.cat(before), torch.cat(after)
    better = float((last > first).float().mean())
    means, medians = (f"{one:.2f} -> {two:.2f}" for one, two in (
        (first.mean(), last.mean()), (first.median(), last.median())))  # fmt: skip
    return f"PSNR {means} dB, median {medians}, better in {better:.0%}"


def train(options: argparse.Namespace) -> None:
    """Train until the time is over."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed + int(time.time()))
    network = EraserNetwork().to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, betas=(0.9, 0.99), weight_decay=1e-4)
    average = {name: value.clone() for name, value in network.state_dict().items()}
    steps, before = 0, 0.0
    if options.checkpoint.exists():
        stored = torch.load(options.checkpoint, weights_only=True)
        network.load_state_dict(stored["network"])
        optimiser.load_state_dict(stored["optimiser"])
        average, steps, before = stored["average"], stored["steps"], stored["seconds"]
    held_out, files = split(options.pairs)
    start, total = time.time(), 0.0
    while (seconds := before + time.time() - start) < options.minutes * 60:
        share = rate_share(steps, seconds / (options.minutes * 60), WARM_UP, FINAL_SHARE)
        for group in optimiser.param_groups:
            group["lr"] = RATE * share
        x, clean = batch(files, options.batch, rng)
        value = loss(
            network.parts(x.contiguous(memory_format=torch.channels_last)), x[:, 3:6], clean, x[:, 6:]
        )
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        steps += 1
        total += float(value.detach())
        decay = average_decay(steps, DECAY)
        for name, tensor in network.state_dict().items():
            average[name].lerp_(tensor, 1 - decay)
        if steps % REPORT_EVERY == 0:
            pace = f"{seconds / steps:.2f} s a step"
            print(f"{time.strftime('%H:%M:%S')} step {steps}, {pace}: {total / REPORT_EVERY:.4f}", flush=True)
            total = 0.0
            held_out, files = split(options.pairs)
        if steps % CHECK_EVERY == 0:
            live = {name: tensor.clone() for name, tensor in network.state_dict().items()}
            network.load_state_dict(average)
            print(check(network, held_out), flush=True)
            network.load_state_dict(live)
        if steps % SAVE_EVERY == 0:
            save(options.checkpoint, network, optimiser, average, steps, seconds)
    save(options.checkpoint, network, optimiser, average, steps, options.minutes * 60)


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Held-out files, whose names are never replaced meanwhile by training, and the others."""
    files = files_of(folder, "*.npy", 5 * HELD_OUT)
    first = [file for file in files if int(file.stem) < HELD_OUT]
    return first, [file for file in files if int(file.stem) >= HELD_OUT]


def save(file: Path, network: EraserNetwork, optimiser: torch.optim.Optimizer, average: dict[str, Tensor],
         steps: int, seconds: float) -> None:  # fmt: skip
    """Write a checkpoint."""
    write_checkpoint(file, {"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average,
                            "steps": steps, "seconds": seconds})  # fmt: skip


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())
