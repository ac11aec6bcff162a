"""Trial of weights before they are registered: a process of its own loads them and runs them on a small picture.

``python -m models.weights.trial FOLDER`` takes a set of weights as JSON on standard input, with FOLDER as the folder of
weights, and writes the result as JSON.
"""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import cv2
import numpy as np
import psutil

from line.errors import ModelError
from line.picture import Rgb
from models.contract import (
    Denoiser,
    Filler,
    Generator,
    Model,
    Perceptual,
    Restorer,
    TextFinder,
    Upscaler,
    model_of,
)
from models.inference.network import Network
from models.subject import SubjectFinder
from models.weights.manifest import Weights

SMALL_SIDE: Final = 96
SIDE: Final = 320
"""Width and height of the two pictures between which working memory is measured (pixels)."""
MIN_CORRELATION: Final = 0.5
"""Minimum correlation of a picture with its enlarged or repaired version: below it is another picture."""
TIMEOUT: Final = 600.0
"""Time limit of a trial (seconds)."""
MEGABYTE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Trial:
    """What a trial measured.

    Attributes:
        memory: growth of resident memory by loading (MB).
        memory_per_megapixel: peak of resident memory above the loaded model, per megapixel of input (MB).
    """

    memory: float
    memory_per_megapixel: float


def measured_weights(
    sources: Sequence[Path], wanted: Weights, declared: Mapping[str, Any]
) -> tuple[Weights, str]:
    """The weights with their memory as measured, and a sentence about the trial.

    Args:
        declared: what the person said; memory that is given there (``memory``, ``working``) stays.

    Raises:
        ModelError: no reader takes the weights, or see :func:`try_out`.
    """
    model = model_of(wanted)
    if issubclass(model, Network) and (absent := model.absent_packages()):
        return wanted, f"Not tried: {absent} not installed here: {model.remedy}."
    trial = try_out(sources, wanted)
    memory = {"memory": trial.memory, "memory_per_megapixel": trial.memory_per_megapixel}
    options = {"memory": "memory", "memory_per_megapixel": "working"}
    undeclared = {key: value for key, value in memory.items() if declared.get(options[key]) is None}
    sentence = (
        f"Tried on a picture: it runs, takes {trial.memory:,.0f} MB loaded and "
        f"{trial.memory_per_megapixel:,.0f} MB per megapixel."
    )
    return wanted.model_copy(update=undeclared), sentence


def try_out(sources: Sequence[Path], wanted: Weights) -> Trial:
    """Load and run ``wanted`` from the files ``sources``, in the order of ``wanted.files``.

    Raises:
        ModelError: the files cannot be loaded, or the result is not one of the model's task.
    """
    with TemporaryDirectory(prefix="sluice-trial-") as home:
        folder = Path(home) / wanted.name
        for source, file in zip(sources, wanted.files, strict=True):
            (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
            (folder / file.path).symlink_to(source.resolve())
        try:
            done = subprocess.run(
                [sys.executable, "-m", "models.weights.trial", str(folder.parent)],
                input=wanted.model_dump_json(),
                capture_output=True,
                text=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise ModelError(
                f"{wanted.name}: a picture of {SIDE} x {SIDE} pixels took longer than {TIMEOUT:.0f} s"
            ) from error
    try:
        answer = json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        raise ModelError(f"{wanted.name}: {_death(done)}") from None
    if "error" in answer:
        raise ModelError(str(answer["error"]))
    return Trial(**answer)


def _death(done: "subprocess.CompletedProcess[str]") -> str:
    if done.returncode < 0:
        return f"it killed the process that tried it (signal {-done.returncode})"
    lines = done.stderr.splitlines()
    return f"the process that tried it failed: {lines[-1] if lines else done.returncode}"


def measured(model: Model) -> Trial:
    """Load a model and run it on a picture.

    Raises:
        ModelError: see :func:`try_out`.
    """
    for package in getattr(model, "needs", ()):  # the library's own memory is not the model's
        import_module(package)
    before = psutil.Process().memory_info().rss
    if model.options_schema is not None:
        model = model.configured({"steps": 1})
    model.load()
    rgb = _picture()
    peaks, sizes = [], []
    for side in (SMALL_SIDE, SIDE):
        _reset_peak()
        _run(model, rgb[:side, :side])
        peaks.append(_peak())
        sizes.append(psutil.Process().memory_info().rss)
    working = max(0, peaks[1] - peaks[0]) / ((SIDE**2 - SMALL_SIDE**2) / 1e6)
    return Trial(round(max(0, sizes[0] - before) / MEGABYTE, 1), round(working / MEGABYTE, 1))


def _picture() -> Rgb:
    """[SIDE, SIDE, 3] uint8: soft shapes and edges."""
    rng = np.random.default_rng(5)
    soft = cv2.resize(rng.integers(20, 235, (6, 6, 3), np.uint8), (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)
    cv2.rectangle(soft, (SIDE // 4, SIDE // 3), (SIDE // 2, SIDE // 2), (200, 40, 30), -1)
    return np.asarray(soft)


def _run(model: Model, rgb: Rgb) -> None:
    for kind, check in _CHECKS.items():
        if isinstance(model, kind):
            check(model, rgb)
            return
    raise ModelError(f"{model.name}: there is no trial for {model.task}")


def _check_picture(model: Model, rgb: Rgb, result: Any, size: tuple[int, int], *, alike: bool = True) -> None:
    if result.shape != (size[1], size[0], 3) or result.dtype != np.uint8:
        raise ModelError(f"{model.name} answers {result.dtype} {list(result.shape)}, not a picture of {size}")
    if not alike or getattr(model, "draws", False):
        return
    shrunk = cv2.resize(result, (rgb.shape[1], rgb.shape[0]), interpolation=cv2.INTER_AREA)
    correlation = float(np.corrcoef(rgb.ravel(), shrunk.ravel())[0, 1])
    if not correlation >= MIN_CORRELATION:
        raise ModelError(
            f"{model.name} makes another picture of it (correlation {correlation:.2f}): its weights do not fit its "
            "network"
        )


def _upscale(model: Any, rgb: Rgb) -> None:
    size = (2 * rgb.shape[1], 2 * rgb.shape[0])
    _check_picture(model, rgb, model.upscale(rgb, size, seed=1), size)


def _denoise(model: Any, rgb: Rgb) -> None:
    _check_picture(model, rgb, model.denoise(rgb, seed=1), (rgb.shape[1], rgb.shape[0]))


def _restore(model: Any, rgb: Rgb) -> None:
    _check_picture(model, rgb, model.restore(rgb, seed=1), (rgb.shape[1], rgb.shape[0]))


def _fill(model: Any, rgb: Rgb) -> None:
    mask = np.zeros(rgb.shape[:2], np.uint8)
    mask[rgb.shape[0] // 3 : rgb.shape[0] // 2, rgb.shape[1] // 3 : rgb.shape[1] // 2] = 255
    result = model.fill(rgb, mask, seed=1)
    _check_picture(model, rgb, result, (rgb.shape[1], rgb.shape[0]))


def _generate(model: Any, rgb: Rgb) -> None:
    size = (rgb.shape[1], rgb.shape[0])
    _check_picture(model, rgb, model.generate(size, seed=1), size, alike=False)


def _distance(model: Any, rgb: Rgb) -> None:
    same, other = model.distance(rgb, rgb), model.distance(rgb, 255 - rgb)
    if not 0 <= same < other:
        raise ModelError(f"{model.name} finds a picture as far from itself ({same:.3f}) as from another one")


def _find(model: Any, rgb: Rgb) -> None:
    model.find(rgb, limit=SIDE)


def _saliency(model: Any, rgb: Rgb) -> None:
    answer = model.saliency(rgb)
    if answer.shape != rgb.shape[:2] or not np.isfinite(answer).all():
        raise ModelError(f"{model.name} answers {list(answer.shape)}, not a map of the picture's size")


_CHECKS: Final[dict[type[Model], Callable[[Any, Rgb], None]]] = {
    Upscaler: _upscale,
    Denoiser: _denoise,
    Restorer: _restore,
    Filler: _fill,
    Generator: _generate,
    Perceptual: _distance,
    TextFinder: _find,
    SubjectFinder: _saliency,
}


def _reset_peak() -> None:
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:  # not Linux: the peak since the start is used
        return


def _peak() -> int:
    """Peak of resident memory (bytes)."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024
    except (OSError, IndexError, ValueError):
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Entry point of the process that tries."""
    try:
        weights = Weights.model_validate_json(sys.stdin.read())
        weights = weights.model_copy(update={"root": Path(sys.argv[1])})
        answer: dict[str, Any] = asdict(measured(model_of(weights)("cpu")))
    except ModelError as error:
        answer = {"error": str(error)}
    except Exception as error:  # libraries raise anything for a file that does not fit
        first = str(error).splitlines()[0] if str(error) else "no reason given"
        answer = {"error": f"{weights.name} cannot be run: {type(error).__name__}: {first}"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
