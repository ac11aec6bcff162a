"""An exported network as the line would run it, without registering it."""

from pathlib import Path

from models.contract import OverlaySegmenter, Task
from models.segmentation import OnnxSegmenter
from models.weights.manifest import File, Weights
from training.split import sha256_of


def opened(file: Path) -> OverlaySegmenter:
    """The segmenter of an ONNX file, loaded on the processor.

    Raises:
        ModelError: the file is no overlay segmenter.
    """
    described = Weights(
        name="measured",
        task=Task.FIND_TEXT,
        reader="segmentation",
        licence="unknown",
        source=file.name,
        revision="1",
        files=(File(path=file.name, sha256=sha256_of(file)),),
    )
    measured = type("Measured", (OnnxSegmenter,), {"weights": described, "name": "measured"})
    segmenter: OnnxSegmenter = measured()
    segmenter.build([file])
    return segmenter
