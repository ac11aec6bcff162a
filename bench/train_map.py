"""Trains the overlay map, a small network that says of every place whether it was laid over the photo.

    python -m bench.train_map --crops FOLDER                # cuts crops if there are none, trains, writes the file
    python -m bench.train_map --crops FOLDER --without 0    # without one half of the photos, and its score there

Overlays are drawn on the tuning half of the photos; the other half is never seen. The trees that read
the map must hear it on photos it was not trained on: ``bench.train_overlay`` takes the networks of ``--without``.
Needs torch and onnx for training only: the line runs the file with onnxruntime.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from bench.captions.fonts import lacking
from bench.crops import OVERLAID, STEPS, UNSAID, collect, fold
from models.rapidocr import CHANNELS, LEVELS
from overlay.segment.overlay_map import NETWORK, normalized

WIDTHS = (16, 24, 48, 64)
"""Channels at a half, a quarter, an eighth and a sixteenth of the photo's scale."""
TOLD = 48
"""Channels that the detector's knowledge is brought to."""
FORGOTTEN = 0.2
"""Share of its channels that are left out at every step: the network must not know the photos by them."""
BATCH = 32
RATE = 2e-3
OVERLAID_WEIGHT = 2.0
"""Overlaid cells are rarer than others."""


class Convolution(nn.Module):
    """3 × 3 (or ``side``) and ReLU."""

    def __init__(self, given: int, made: int, stride: int = 1, side: int = 3) -> None:
        super().__init__()
        self.inner = nn.Conv2d(given, made, side, stride, side // 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.relu(self.inner(x))


class Network(nn.Module):
    """U-Net (Ronneberger, Fischer and Brox, MICCAI 2015, arXiv:1505.04597), small, with a map of a quarter's scale.

    At an eighth of the scale it hears what the text detector knows: that was learnt on far more pictures.
    [N, 3, H, W] float32 with sides that are multiples of 16 and [N, C, H / 8, W / 8] float32 to log-odds
    [N, 1, H / 4, W / 4].
    """

    def __init__(self) -> None:
        super().__init__()
        half, quarter, eighth, sixteenth = WIDTHS
        self.at_half = nn.Sequential(Convolution(3, half, 2, 5), Convolution(half, half))
        self.at_quarter = self.down(half, quarter)
        self.at_eighth = self.down(quarter, eighth)
        self.at_sixteenth = self.down(eighth, sixteenth)
        self.heard = nn.Sequential(
            Convolution(CHANNELS * len(LEVELS), TOLD, side=1),
            Convolution(TOLD, TOLD),
            Convolution(TOLD, TOLD),
        )
        self.to_eighth = Convolution(sixteenth + eighth + TOLD, eighth)
        self.to_quarter = Convolution(eighth + quarter, quarter)
        self.said = nn.Conv2d(quarter, 1, 1)

    @staticmethod
    def down(given: int, made: int) -> nn.Sequential:
        return nn.Sequential(Convolution(given, made, 2), Convolution(made, made), Convolution(made, made))

    def forward(self, x: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
        quarter = self.at_quarter(self.at_half(x))
        eighth = self.at_eighth(quarter)
        sixteenth = self.at_sixteenth(eighth)
        heard = self.heard(nn.functional.dropout2d(known, FORGOTTEN, self.training))
        eighth = self.to_eighth(torch.cat([doubled(sixteenth), eighth, heard], dim=1))
        quarter = self.to_quarter(torch.cat([doubled(eighth), quarter], dim=1))
        out: torch.Tensor = self.said(quarter)
        return out


def doubled(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.interpolate(x, scale_factor=2, mode="nearest")


def load(folder: Path, keep: set[int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Crops, the detector's knowledge of them, and targets, of the photos of those folds."""
    parts = [np.load(path) for path in sorted(folder.glob("*.npz")) if fold(path.stem) in keep]
    pieces, known, targets = (
        np.concatenate([part[name] for part in parts]) for name in ("pieces", "known", "targets")
    )
    return pieces, known, targets


def given(pieces: np.ndarray, known: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """What the network takes of crops, before the photo's levels are normalized."""
    return (
        torch.from_numpy(pieces.transpose(0, 3, 1, 2).astype(np.float32)),
        torch.from_numpy(known.astype(np.float32) / np.float32(STEPS)),
    )


def varied(pieces: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Its colours exchanged, a little darker: what no overlay depends on."""
    if rng.random() < 0.3:
        pieces = pieces[:, torch.from_numpy(rng.permutation(3))]
    return pieces * float(rng.uniform(0.85, 1.0))


def loss(odds: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    wanted = (targets == OVERLAID).float()
    weight = (targets != UNSAID).float() * (1 + (OVERLAID_WEIGHT - 1) * wanted)
    each = nn.functional.binary_cross_entropy_with_logits(odds, wanted, reduction="none")
    return (each * weight).sum() / weight.sum()


def train(folder: Path, keep: set[int], steps: int, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pieces, known, targets = load(folder, keep)
    print(f"{len(pieces)} crops, {(targets == OVERLAID).mean():.3f} of their cells overlaid", flush=True)
    network = Network().to(memory_format=torch.channels_last)
    ways = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=1e-3)
    plan = torch.optim.lr_scheduler.OneCycleLR(ways, RATE, total_steps=steps, pct_start=0.05)
    begun, lost = time.monotonic(), 0.0
    order: list[int] = []
    for step in range(1, steps + 1):
        if len(order) < BATCH:
            order = rng.permutation(len(pieces)).tolist()
        chosen, order = sorted(order[:BATCH]), order[BATCH:]
        x, told = given(pieces[chosen], known[chosen])
        x = normalized(varied(x, rng)).contiguous(memory_format=torch.channels_last)
        ways.zero_grad()
        with torch.autocast("cpu", torch.bfloat16):
            odds = network(x, told)[:, 0]
        value = loss(odds.float(), torch.from_numpy(targets[chosen]))
        value.backward()
        ways.step()
        plan.step()
        lost += (float(value.detach()) - lost) * max(0.01, 1 / step)
        if step % 100 == 0:
            print(
                f"step {step} of {steps}, loss {lost:.4f}, {(time.monotonic() - begun) / 60:.1f} min",
                flush=True,
            )
    return network.eval()


def score(network: Network, folder: Path, keep: set[int]) -> None:
    """Precision and recall by cells on crops that were not trained on."""
    pieces, known, targets = load(folder, keep)
    found = []
    with torch.no_grad():
        for start in range(0, len(pieces), 64):
            x, told = given(pieces[start : start + 64], known[start : start + 64])
            odds = network(normalized(x).contiguous(memory_format=torch.channels_last), told)[:, 0]
            found.append((torch.sigmoid(odds).numpy() * 255).astype(np.uint8))
    p, judged = np.concatenate(found), targets != UNSAID
    truth = targets == OVERLAID
    for cut in (0.1, 0.3, 0.5, 0.7, 0.9):
        said = (p > cut * 255) & judged
        wrongly = said[~truth.any(axis=(1, 2))].any(axis=(1, 2)).mean()
        print(
            f"  cut {cut}: precision {truth[said].mean():.3f}, recall {said[truth].mean():.3f}, "
            f"crops without overlay where it sees one {wrongly:.3f}"
        )


def written(network: Network) -> onnx.ModelProto:
    """The network as an ONNX graph that ends with the logistic function; any multiples of 16 for sides."""
    nodes, stored = [], []
    names = {id(module): name.replace(".", "_") for name, module in network.named_modules()}

    def convolution(inner: nn.Conv2d, given: str, *, relu: bool = True) -> str:
        name = names[id(inner)]
        for part, value in (("w", inner.weight), ("b", inner.bias)):
            assert value is not None
            stored.append(numpy_helper.from_array(value.detach().contiguous().numpy(), f"{name}_{part}"))
        sides, pads = list(inner.kernel_size), [int(pad) for pad in inner.padding] * 2
        nodes.append(
            helper.make_node("Conv", [given, f"{name}_w", f"{name}_b"], [name], kernel_shape=sides,
                             strides=list(inner.stride), pads=pads)
        )  # fmt: skip
        if relu:
            nodes.append(helper.make_node("Relu", [name], [f"{name}_relu"]))
        return f"{name}_relu" if relu else name

    def every(block: nn.Module, given: str) -> str:
        for module in block.modules():
            if isinstance(module, nn.Conv2d):
                given = convolution(module, given)
        return given

    def joined(low: str, *high: str) -> str:
        nodes.append(helper.make_node("Resize", [low, "", "twice"], [f"{low}_up"], mode="nearest",
                                      coordinate_transformation_mode="asymmetric", nearest_mode="floor"))  # fmt: skip
        nodes.append(helper.make_node("Concat", [f"{low}_up", *high], [f"{low}_joined"], axis=1))
        return f"{low}_joined"

    stored.append(numpy_helper.from_array(np.array([1, 1, 2, 2], np.float32), "twice"))
    half = every(network.at_half, "photo")
    quarter = every(network.at_quarter, half)
    eighth = every(network.at_eighth, quarter)
    sixteenth = every(network.at_sixteenth, eighth)
    eighth = every(network.to_eighth, joined(sixteenth, eighth, every(network.heard, "known")))
    quarter = every(network.to_quarter, joined(eighth, quarter))
    odds = convolution(network.said, quarter, relu=False)
    nodes.append(helper.make_node("Sigmoid", [odds], ["overlay"]))
    graph = helper.make_graph(
        nodes,
        "overlay map",
        [
            helper.make_tensor_value_info("photo", TensorProto.FLOAT, [1, 3, "height", "width"]),
            helper.make_tensor_value_info("known", TensorProto.FLOAT, [1, CHANNELS * len(LEVELS), "h", "w"]),
        ],
        [helper.make_tensor_value_info("overlay", TensorProto.FLOAT, [1, 1, "rows", "columns"])],
        stored,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(model)
    return model


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--crops", type=Path, required=True, help="folder to keep the crops in")
    parser.add_argument("--times", type=int, default=1, help="rounds of drawings on each photo")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--without", type=int, choices=(0, 1), help="leave this half of the photos out")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--out", type=Path, default=NETWORK)
    options = parser.parse_args()
    if absent := lacking():
        raise SystemExit(f"fonts are missing: apt-get install {' '.join(absent)}")
    torch.set_num_threads(options.threads)
    collect(options.crops, times=options.times, processes=options.threads)
    keep = {0, 1} - {options.without}
    network = train(options.crops, keep, options.steps)
    options.out.write_bytes(written(network).SerializeToString())
    print(f"wrote {options.out.name}, {options.out.stat().st_size / 1e6:.2f} MB")
    if options.without is not None:
        score(network, options.crops, {options.without})


if __name__ == "__main__":
    main()
