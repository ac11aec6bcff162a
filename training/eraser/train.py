"""Trains the eraser network from a folder of crops.

    python -m training.eraser.pairs PAIRS &
    python -m training.eraser.train PAIRS CHECKPOINT --minutes 60

Stops after the given minutes, over which the learning rate falls; goes on from CHECKPOINT where it exists. Prints
PSNR within the mask over held-out crops, and that of the first fill.
"""

import argparse
import math
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from training.eraser.network import EraserNetwork

CROP = 128
"""Side of a training crop (pixels)."""
HELD_OUT = 100
"""Number of crops at the start of each folder that are not trained on, to look at meanwhile."""
REPORT_EVERY, SAVE_EVERY, CHECK_EVERY = 100, 200, 400
RATE, WARM_UP, FINAL_SHARE = 2e-3, 100, 0.03
"""Learning rate, steps over which it rises, and share of it that is left at the end."""
DECAY = 0.998
"""Of the moving average of the weights, a step."""
GRADIENT_WEIGHT, BLURRED_WEIGHT = 1.0, 1.0
"""Weights of the differences' gradients, and of the differences after a blur of 2 pixels: what an eye sees first."""


def tensors(stack: np.ndarray) -> tuple[Tensor, Tensor]:
    """[N, 7, H, W] input and [N, 3, H, W] clean photo from uint8 [N, H, W, 10]."""
    every = torch.from_numpy(np.ascontiguousarray(stack.transpose(0, 3, 1, 2))).float() / 255
    return torch.cat([every[:, :3], every[:, 6:10]], 1), every[:, 3:6]


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
        crops.append(crop[..., [*order, *(3 + order), *(6 + order), 9]])
    return tensors(np.stack(crops))


def loss(filled: Tensor, clean: Tensor, mask: Tensor) -> Tensor:
    """Absolute differences of pixels, gradients and blurred pixels under the mask."""
    off = (filled - clean) * mask
    count = mask.sum() * 3 + 1
    value = off.abs().sum() / count
    for step in (1, 2):
        across, down = off[..., step:] - off[..., :-step], off[..., step:, :] - off[..., :-step, :]
        value = value + GRADIENT_WEIGHT * 0.5 * (across.abs().sum() + down.abs().sum()) / count
    blurred = functional.avg_pool2d(functional.avg_pool2d(off, 5, 1, 2), 5, 1, 2)
    return value + BLURRED_WEIGHT * blurred.abs().sum() / count


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
        before.append(psnr(x[:, 3:6], clean, x[:, 6:]))
        after.append(psnr(filled.clamp(0, 1), clean, x[:, 6:]))
    first, own = torch.cat(before), torch.cat(after)
    better = float((own > first).float().mean())
    means, medians = (f"{one:.2f} -> {two:.2f}" for one, two in (
        (first.mean(), own.mean()), (first.median(), own.median())))  # fmt: skip
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
        fall = 0.5 * (1 + math.cos(math.pi * seconds / (options.minutes * 60)))
        share = (FINAL_SHARE + (1 - FINAL_SHARE) * fall) * min(1.0, (steps + 1) / WARM_UP)
        for group in optimiser.param_groups:
            group["lr"] = RATE * share
        x, clean = batch(files, options.batch, rng)
        value = loss(network(x.contiguous(memory_format=torch.channels_last))[:, :3], clean, x[:, 6:])
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        steps += 1
        total += float(value.detach())
        keep = min(DECAY, (1 + steps) / (10 + steps))
        for name, tensor in network.state_dict().items():
            average[name].lerp_(tensor, 1 - keep)
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
    while len(files := sorted(folder.rglob("*.npy"))) < 5 * HELD_OUT:
        time.sleep(5)
    first = [file for file in files if int(file.stem) < HELD_OUT]
    return first, [file for file in files if int(file.stem) >= HELD_OUT]


def save(file: Path, network: EraserNetwork, optimiser: torch.optim.Optimizer, average: dict[str, Tensor],
         steps: int, seconds: float) -> None:  # fmt: skip
    """Write a checkpoint in one go."""
    part = file.with_suffix(".part")
    torch.save({"network": network.state_dict(), "optimiser": optimiser.state_dict(), "average": average,
                "steps": steps, "seconds": seconds}, part)  # fmt: skip
    part.replace(file)


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
