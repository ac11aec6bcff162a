"""Trains the overlay network from a pool of samples.

    python -m training.overlay.pool POOL &
    python -m training.overlay.train POOL CHECKPOINT --detector PP-OCRv6_tiny_det.onnx --minutes 180

Stops after the given minutes of wall-clock time, over which the learning rate falls; goes on from CHECKPOINT
where it exists.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file

from training.loop import files_of, rate_share, write_checkpoint
from training.overlay.batches import batch
from training.overlay.losses import loss
from training.overlay.network import OverlayNetwork
from training.overlay.optimiser import CappedAdam
from training.overlay.validate import cases, validate

FINAL_SHARE = 0.04
"""Share of the learning rate that is left at the end."""
WARM_UP = 60
"""Steps over which the learning rate rises."""
COARSE_WEIGHT = 0.5
"""Weight of the loss of what a quarter of the scale says alone: otherwise only edges at half the scale are learnt."""
MIN_SAMPLES = 64
"""Samples in the pool from which training begins."""
REPORT_EVERY, SAVE_EVERY, VALIDATE_EVERY = 50, 50, 400
HELD_OUT = 70
"""Photos of the calibration part on which the network is looked at meanwhile."""


def train(options: argparse.Namespace) -> None:
    """Train until the time is over."""
    torch.set_num_threads(options.threads)
    torch.manual_seed(options.seed)
    rng = np.random.default_rng(options.seed + int(time.time()))
    pool = files_of(options.pool, "*.npz", MIN_SAMPLES)
    network = OverlayNetwork(options.detector)
    if options.start:
        network.load_state_dict(load_file(options.start))
    else:
        network.measure(batch(pool, 16, options.side, rng)[0])
    network = network.to(memory_format=torch.channels_last)
    new = [one for name, one in network.named_parameters() if not name.startswith("detector.")]
    optimiser = CappedAdam(network.detector.parameters(), new)
    before = 0.0
    if options.checkpoint.exists():
        stored = torch.load(options.checkpoint, weights_only=True)
        network.load_state_dict(stored["network"])
        optimiser.load(stored["optimiser"])
        before = stored["seconds"]
    held_out = list(cases(HELD_OUT))
    start, counted = time.time(), 0
    sums: dict[str, float] = {}
    while (seconds := before + time.time() - start) < options.minutes * 60:
        network.detector.requires_grad_(optimiser.steps >= options.frozen)
        x, labels = batch(pool, options.batch, options.side, rng)
        logits, coarse = network.both(x)
        value, parts = loss(logits, labels)
        value = value + COARSE_WEIGHT * loss(coarse, labels)[0]
        value.backward()
        progress = seconds / (options.minutes * 60)
        optimiser.step(options.peak * rate_share(optimiser.steps, progress, WARM_UP, FINAL_SHARE))
        counted += 1
        sums = {name: sums.get(name, 0.0) + part for name, part in parts.items()}
        if optimiser.steps % REPORT_EVERY == 0:
            parts_text = " ".join(f"{name} {total / counted:.4f}" for name, total in sums.items())
            pace = f"{seconds / optimiser.steps:.2f} s a step"
            print(f"{time.strftime('%H:%M:%S')} step {optimiser.steps}, {pace}: {parts_text}", flush=True)
            sums, counted = {}, 0
            pool = files_of(options.pool, "*.npz", MIN_SAMPLES)
        if optimiser.steps % VALIDATE_EVERY == 0:
            with optimiser.averaged():
                figures = validate(network, held_out)
            print(" ".join(f"{name} {figure:.3f}" for name, figure in figures.items()), flush=True)
        if optimiser.steps % SAVE_EVERY == 0:
            save(options.checkpoint, network, optimiser, seconds)
    save(options.checkpoint, network, optimiser, options.minutes * 60)


def save(file: Path, network: OverlayNetwork, optimiser: CappedAdam, seconds: float) -> None:
    """Write a checkpoint from which :func:`train` goes on."""
    state = {"network": network.state_dict(), "optimiser": optimiser.state(), "seconds": seconds}
    write_checkpoint(file, state)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pool", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--detector", type=Path, required=True)
    parser.add_argument(
        "--start", type=Path, help="weights to go on from, as training.overlay.export writes them"
    )
    parser.add_argument("--minutes", type=float, default=180.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--side", type=int, default=384)
    parser.add_argument("--frozen", type=int, default=150, help="steps during which only the heads learn")
    parser.add_argument("--peak", type=float, default=1.0, help="share of the learning rate that is reached")
    parser.add_argument("--seed", type=int, default=0)
    train(parser.parse_args())
