"""LPIPS: how different two pictures look, by the features of a network trained to recognise things."""

from pathlib import Path
from typing import Any

import numpy as np

from line.errors import ModelError
from line.picture import Rgb
from models.contract import Model, Perceptual, Task
from models.inference.network import Network, floats, model_from
from models.inference.padding import Sizes
from models.weights.manifest import Weights


class Lpips(Network, Perceptual):
    """Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018, arXiv:1801.03924, version 0.1.

    The linear heads are in the package; the backbone's weights are torchvision's.
    """

    needs = ("torch", "torchvision", "lpips")
    scale = None
    sizes = Sizes(minimum=64)
    tiles = False
    tolerance = 0.0
    fails = ("looks past slow shifts of colour and tone", "no two backbones' distances can be compared")

    def build(self, files: list[Path]) -> None:
        import lpips
        import torch

        net = str(self.weights.options["net"])
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
        state = torch.load(files[0], map_location="cpu", weights_only=True)
        # lpips cuts torchvision's ``features`` into slices and leaves each layer its number
        wanted = {key: f"features.{key.partition('.')[2]}" for key in network.net.state_dict()}
        if lacking := sorted(set(wanted.values()) - set(state)):
            raise ModelError(f"{files[0].name} is no {net} of torchvision: it lacks {lacking[0]}")
        network.net.load_state_dict({key: state[name] for key, name in wanted.items()})
        self.network = network.to(self.device).eval()

    def forward(self, batch: Any) -> Any:
        return self.network(batch[:1], batch[1:], normalize=True)

    def distance(self, before: Rgb, after: Rgb) -> float:
        """0 for equal pictures; about 0.1 is seen at a glance, 0.5 is another picture.

        Raises:
            ModelError: the pictures are not of one size.
        """
        if before.shape != after.shape:
            raise ModelError(
                f"{self.name} compares pictures of one size, not {before.shape} and {after.shape}"
            )
        found = self.values([floats(before), floats(after)], seed=0)
        return float(np.squeeze(found))

    def warm_up(self) -> None:
        self.distance(*[np.zeros((64, 64, 3), np.uint8)] * 2)


def model_of(weights: Weights) -> type[Model]:
    """The distance that these backbone weights make.

    Raises:
        ModelError: for another task.
    """
    return model_from(weights, {Task.PERCEPTUAL: Lpips})
