"""Networks in ONNX with one picture as their input."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from line.errors import ModelError
from models.inference.network import Network
from models.inference.onnx import session

MEAN = np.array((0.485, 0.456, 0.406), np.float32)
STD = np.array((0.229, 0.224, 0.225), np.float32)
"""Mean and standard deviation of ImageNet's channels in 0..1, in the order in which the networks here take theirs."""


class OnnxNetwork(Network):
    """A network with one input [1, 3, H, W], run by onnxruntime."""

    needs: ClassVar[tuple[str, ...]] = ("onnxruntime",)
    tiles = False
    tolerance = 0.0

    def open(
        self, file: Path, side: int, shape: tuple[int, ...], meaning: str, *, only_output: bool = True
    ) -> None:
        """Open ``file`` and run it once on a black picture.

        Args:
            side: width and height of that picture (pixels).
            shape: shape of the output for it.
            meaning: what the output is, for the error.
            only_output: whether there may be no other output than the first, which is used.

        Raises:
            ModelError: the inputs or outputs are others.
        """
        self._session: Any = session(file, self.device)
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if only_output and (len(inputs) != 1 or len(outputs) != 1):
            raise ModelError(
                f"{file.name} has {len(inputs)} inputs and {len(outputs)} outputs, not one of each"
            )
        if len(inputs) != 1:
            raise ModelError(f"{file.name} has {len(inputs)} inputs, not one")
        self._input: str = inputs[0].name
        self._output: str = outputs[0].name
        answer = self.forward(np.zeros((1, 3, side, side), np.float32)).shape
        if answer != shape:
            raise ModelError(f"{file.name} answers {list(answer)}, not {meaning}")

    def forward(self, batch: Any) -> Any:
        return self._session.run([self._output], {self._input: batch})[0]


def normalized(levels: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """[H, W, 3] float32 0..1 as the [1, 3, H, W] that a network takes, the channels in the same order."""
    return np.ascontiguousarray(((levels - MEAN) / STD).transpose(2, 0, 1)[None], np.float32)
