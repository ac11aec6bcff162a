"""Stability of models: differences between seeds and from the last run, for each model and picture."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from line.errors import InputError
from line.facts import Facts
from line.picture import Mask, Rgb
from line.recipe import seed_of
from review.experiments.experiment import Trial
from review.experiments.samples import Sample
from tasks.runner.result import StepOutput

REPORT = "permute.json"
OTHER_SIZE = 255.0
"""Difference reported for pictures of different sizes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture with one model.

    Attributes:
        verdicts: verdict for each seed.
        reasons: codes of all limits that an output breaks.
        seeds_apart: maximum RMS difference between the outputs of two seeds (levels of 255) within the mask.
        since_last: maximum RMS difference from the output of the last run; None without a last run.
        flips: whether the verdict depends on the seed or differs from the last run.
        files: output files, relative to the folder.
    """

    model: str
    revision: str
    name: str
    verdicts: tuple[str, ...]
    reasons: tuple[str, ...]
    seeds_apart: float
    since_last: float | None
    flips: bool
    files: tuple[str, ...]

    @property
    def brittleness(self) -> float:
        """The greater of both differences, by which rows are sorted."""
        return max(self.seeds_apart, self.since_last or 0.0)

    def is_brittle(self, threshold: float) -> bool:
        return self.flips or self.brittleness > threshold


@dataclass(frozen=True, slots=True)
class Permutation:
    """A whole run.

    Attributes:
        rows: rows with flipping verdicts first, then by brittleness.
        last_at: time of the last run; "" if there is none.
        revised: models whose revision changed since the last run.
        drawn: number of pictures without a mask file, for which a mask was drawn.
    """

    transform: str
    at: str
    rows: tuple[Row, ...]
    last_at: str = ""
    revised: tuple[str, ...] = ()
    drawn: int = 0

    def brittle(self, threshold: float) -> list[Row]:
        return [row for row in self.rows if row.is_brittle(threshold)]


@dataclass(slots=True)
class Folder:
    """The folder of outputs, with the report of the last run."""

    path: Path
    last: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, transform: str) -> "Folder":
        """Open the folder; create it if it does not exist.

        Raises:
            InputError: the folder has outputs of another transform, or its report cannot be read.
        """
        path.mkdir(parents=True, exist_ok=True)
        report = path / REPORT
        if not report.exists():
            return cls(path)
        try:
            last = json.loads(report.read_text("utf-8"))
            recorded = last["transform"]
            _ = [(row["files"], row["verdicts"]) for row in last["rows"]]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{report} cannot be read: use another --out, or delete it") from None
        if recorded != transform:
            raise InputError(f"{path} holds outputs of {recorded}: use another --out")
        return cls(path, last)

    def verdicts(self) -> dict[str, str]:
        """Verdicts of the last run by file."""
        rows = self.last.get("rows", ())
        return {
            file: verdict
            for row in rows
            for file, verdict in zip(row["files"], row["verdicts"], strict=False)
        }

    def revisions(self) -> dict[str, str]:
        return {row["model"]: row["revision"] for row in self.last.get("rows", ())}

    def read(self, file: str) -> Rgb | None:
        """An output of the last run, [H, W, 3] uint8; None if there is none."""
        path = self.path / file
        bgr = cv2.imread(str(path), cv2.IMREAD_COLOR) if path.is_file() else None
        return None if bgr is None else np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), np.uint8)

    def write(self, file: str, rgb: Rgb | None) -> None:
        """Write an output; None deletes the output of the last run."""
        path = self.path / file
        if rgb is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
        path.write_bytes(data.tobytes())

    def close(self, permutation: Permutation) -> None:
        """Write the report for the next run."""
        temporary = self.path / f".{REPORT}"
        temporary.write_text(json.dumps(asdict(permutation), indent=1, ensure_ascii=False) + "\n", "utf-8")
        temporary.replace(self.path / REPORT)


def permute(
    trials: Iterable[Trial],
    samples: Sequence[Sample],
    transform: str,
    seeds: int,
    folder: Folder,
    progress: Callable[[str], None],
) -> Permutation:
    """Run each model with each seed on each picture, one model after the other.

    Args:
        trials: one trial for each model, created lazily so that one model is loaded at a time.
        samples: the pictures.
        transform: name of the transform.
        seeds: number of seeds.
        folder: folder of the outputs.
        progress: called with the name of each finished picture.
    """
    rows: list[Row] = []
    masked = False
    for attempt in trials:
        masked = attempt.transform.removes
        for sample in samples:
            rows.append(_row(attempt, sample, seeds, folder))
            progress(sample.name)
    rows.sort(key=lambda row: (not row.flips, -row.brittleness, row.name, row.model))
    before = folder.revisions()
    permutation = Permutation(
        transform=transform,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        rows=tuple(rows),
        last_at=str(folder.last.get("at", "")),
        revised=tuple(
            sorted({row.model for row in rows if before.get(row.model, row.revision) != row.revision})
        ),
        drawn=sum(sample.mask_path is None for sample in samples) if masked else 0,
    )
    folder.close(permutation)
    return permutation


def _row(attempt: Trial, sample: Sample, seeds: int, folder: Folder) -> Row:
    rgb = sample.rgb()
    mask = sample.mask(rgb) if attempt.transform.removes else None
    files = [f"{attempt.model.name}/{sample.name}.seed{seed}.png" for seed in range(seeds)]
    outputs: list[StepOutput] = []
    since: list[float] = []
    for seed, file in enumerate(files):
        image_seed = seed_of(seed, sample.sha256(), attempt.position)
        result = attempt.run(sample.name, rgb, mask=mask, seed=image_seed, facts=Facts(person_mask=True))
        last = folder.read(file)
        if last is not None:
            since.append(_difference(last, result.output.rgb, mask))
        folder.write(file, result.output.rgb)
        outputs.append(result.output)
    between = [_difference(one.rgb, other.rgb, mask) for one, other in combinations(outputs, 2)]
    verdicts = tuple(str(output.verdict) for output in outputs)
    before = folder.verdicts()
    return Row(
        model=attempt.model.name,
        revision=attempt.model.revision,
        name=sample.name,
        verdicts=verdicts,
        reasons=tuple(dict.fromkeys(_reasons(outputs))),
        seeds_apart=max(between, default=0.0),
        since_last=max(since, default=None),
        flips=len(set(verdicts)) > 1
        or any(before.get(file, now) != now for file, now in zip(files, verdicts, strict=True)),
        files=tuple(files),
    )


def _reasons(outputs: Sequence[StepOutput]) -> Iterator[str]:
    for output in outputs:
        yield from output.reasons


def _difference(one: Rgb | None, other: Rgb | None, mask: Mask | None) -> float:
    """RMS difference (levels of 255) within the mask, or over the whole picture without a mask."""
    if one is None or other is None:
        return 0.0 if one is other else OTHER_SIZE
    if one.shape != other.shape:
        return OTHER_SIZE
    square = (one.astype(np.float32) - other.astype(np.float32)) ** 2
    where = mask > 0 if mask is not None and mask.shape == one.shape[:2] and mask.any() else np.s_[:, :]
    return float(np.sqrt(square[where].mean()))
