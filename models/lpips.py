"""LPIPS: perceptual distance from the features of a network trained for recognition."""

from pathlib import Path
from typing import Any

import numpy as np

from line.errors import ModelError
from line.picture import Rgb
from models.contract import Model, Perceptual, Task
from models.inference.network import Network, floats, model_from, state_of
from models.inference.padding import Sizes
from models.weights.manifest import Weights


class Lpips(Network, Perceptual):
    """Zhang, Isola, Efros, Shechtman and Wang, CVPR 2018, arXiv:1801.03924, version 0.1.

    The package contains the linear heads; the backbone is torchvision's, of which only ``features.*`` is needed.
    """

    needs = ("torch", "torchvision", "lpips")
    scale = None
    sizes = Sizes(minimum=64)
    tiles = False
    tolerance = 0.0
    fails = (
        "ignores gradual shifts of colour and tone",
        "distances of different backbones are not comparable",
    )

    def build(self, files: list[Path]) -> None:
        import lpips

        net = str(self.weights.options["net"])
        network = lpips.LPIPS(net=net, pnet_rand=True, verbose=False)
        state = state_of(files[0])
        # lpips splits torchvision's ``features`` into slices; the layers keep their numbers
        keys = {key: f"features.{key.partition('.')[2]}" for key in network.net.state_dict()}
        if missing := sorted(set(keys.values()) - set(state)):
            raise ModelError(f"{files[0].name} is not a {net} of torchvision: it lacks {missing[0]}")
        network.net.load_state_dict({key: state[name] for key, name in keys.items()})
        self.network = network.to(self.device).eval()

    def forward(self, batch: Any) -> Any:
        return self.network(batch[:1], batch[1:], normalize=True)

    def distance(self, before: Rgb, after: Rgb) -> float:
        """LPIPS of two [H, W, 3] uint8 pictures: 0 if equal, about 0.1 if visibly different, 0.5 if unrelated.

        Raises:
            ModelError: the sizes differ.
        """
        if before.shape != after.shape:
            raise ModelError(
                f"{self.name} compares pictures of one size, not {before.shape} and {after.shape}"
            )
        return float(np.squeeze(self.values([floats(before), floats(after)], seed=0)))

    def warm_up(self) -> None:
        self.distance(*[np.zeros((64, 64, 3), np.uint8)] * 2)


def model_of(weights: Weights) -> type[Model]:
    """The model class for these backbone weights.

    Raises:
        ModelError: the weights are registered for another task.
    """
    return model_from(weights, {Task.PERCEPTUAL: Lpips})
