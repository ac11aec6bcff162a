"""Adam whose steps are capped: no tensor moves by more than a share of its own size at once.

A detector whose norms are folded into its weights is torn apart by steps that Adam takes freely.
"""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

MAX_STEP = 0.006
"""Largest step of a tensor, as a share of its root mean square."""
RATE = 6e-3
"""Adam's own rate: so high that most tensors move by their cap."""
MIN_SIZE = 0.02
"""Root mean square that a tensor counts as having at least."""
BETAS, EPSILON = (0.9, 0.99), 1e-8


class CappedAdam:
    """Adam (Kingma and Ba, ICLR 2015) with steps capped per tensor, and a moving average of the weights.

    Args:
        parameters: what is trained.
        decay: of the moving average, a step.
    """

    def __init__(self, parameters: Iterable[nn.Parameter], decay: float = 0.996) -> None:
        self.parameters = [one for one in parameters if one.requires_grad]
        self.decay = decay
        self.steps = 0
        self.first = [torch.zeros_like(one) for one in self.parameters]
        self.second = [torch.zeros_like(one) for one in self.parameters]
        self.average = [one.detach().clone() for one in self.parameters]

    @torch.no_grad()
    def step(self, share: float) -> None:
        """One step with the gradients as they are, at a ``share`` 0..1 of the full rate; gradients are cleared."""
        rate = RATE * share
        self.steps += 1
        for number, parameter in enumerate(self.parameters):
            if parameter.grad is None:
                continue
            gradient = parameter.grad
            self.first[number].lerp_(gradient, 1 - BETAS[0])
            self.second[number].lerp_(gradient**2, 1 - BETAS[1])
            move = self.first[number] / (1 - BETAS[0] ** self.steps)
            move = move / ((self.second[number] / (1 - BETAS[1] ** self.steps)).sqrt() + EPSILON) * rate
            size = max(MIN_SIZE, float(parameter.pow(2).mean().sqrt()))
            length = float(move.pow(2).mean().sqrt())
            cap = MAX_STEP * size * share
            parameter -= move * min(1.0, cap / (length + 1e-12))
            parameter.grad = None
            # the average forgets its start faster at the beginning
            self.average[number].lerp_(parameter, 1 - min(self.decay, (1 + self.steps) / (10 + self.steps)))

    def state(self) -> dict[str, object]:
        """What ``load`` takes."""
        return {"steps": self.steps, "first": self.first, "second": self.second, "average": self.average}

    def load(self, state: dict[str, object]) -> None:
        """Go on from a state."""
        self.steps = int(str(state["steps"]))
        for name in ("first", "second", "average"):
            tensors: list[Tensor] = state[name]  # type: ignore[assignment]
            setattr(self, name, [one.clone() for one in tensors])
