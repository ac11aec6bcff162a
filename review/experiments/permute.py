"""Every model with every seed on every picture: how far their outputs are from each other and from the last run's."""

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

BOOK = "permute.json"
OTHER_SIZE = 255.0
"""Difference of pictures that cannot be laid over each other."""


@dataclass(frozen=True, slots=True)
class Row:
    """One picture with one model.

    Attributes:
        verdicts: of each seed in turn.
        reasons: codes of limits that some of them broke.
        seeds_apart: the greatest RMS difference between two seeds' outputs, levels of 255, over the area
            that was worked on.
        since_last: the greatest from an output of the last run, likewise; None where there was none.
        flips: the verdict hangs on the seed, or is another than in the last run.
        files: of the outputs, below the folder.
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
        """What the rows are sorted by: the greater of both differences."""
        return max(self.seeds_apart, self.since_last or 0.0)

    def is_brittle(self, threshold: float) -> bool:
        return self.flips or self.brittleness > threshold


@dataclass(frozen=True, slots=True)
class Permutation:
    """A whole run.

    Attributes:
        rows: the most brittle first; those whose verdict flips before all others.
        last_at: when the run before it was; "" where there was none.
        revised: models whose revision is another than in that run.
        drawn: pictures whose mask was drawn, as none lies beside them.
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
    """Where outputs lie, with what the last run said of them."""

    path: Path
    last: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def open(cls, path: Path, transform: str) -> "Folder":
        """The folder, made where it is not there.

        Raises:
            InputError: it holds another transform's outputs, or a book that cannot be read.
        """
        path.mkdir(parents=True, exist_ok=True)
        book = path / BOOK
        if not book.exists():
            return cls(path)
        try:
            last = json.loads(book.read_text("utf-8"))
            there = last["transform"]
            _ = [(row["files"], row["verdicts"]) for row in last["rows"]]
        except (ValueError, KeyError, TypeError):
            raise InputError(f"{book} cannot be read: give another --out, or delete it") from None
        if there != transform:
            raise InputError(f"{path} holds outputs of {there}: give another --out")
        return cls(path, last)

    def verdicts(self) -> dict[str, str]:
        """Of the last run, by file."""
        rows = self.last.get("rows", ())
        return {
            file: verdict
            for row in rows
            for file, verdict in zip(row["files"], row["verdicts"], strict=False)
        }

    def revisions(self) -> dict[str, str]:
        return {row["model"]: row["revision"] for row in self.last.get("rows", ())}

    def read(self, file: str) -> Rgb | None:
        """An output of the last run."""
        found = cv2.imread(str(self.path / file), cv2.IMREAD_COLOR) if (self.path / file).is_file() else None
        return None if found is None else np.asarray(cv2.cvtColor(found, cv2.COLOR_BGR2RGB), np.uint8)

    def write(self, file: str, rgb: Rgb | None) -> None:
        """Put an output in its place; where there is none now, the old one goes."""
        path = self.path / file
        if rgb is None:
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        _, data = cv2.imencode(".png", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
        path.write_bytes(data.tobytes())

    def close(self, found: Permutation) -> None:
        """Write down what was found, for the next run."""
        fresh = self.path / f".{BOOK}"
        fresh.write_text(json.dumps(asdict(found), indent=1, ensure_ascii=False) + "\n", "utf-8")
        fresh.replace(self.path / BOOK)


def permute(
    trials: Iterable[Trial],
    samples: Sequence[Sample],
    transform: str,
    seeds: int,
    folder: Folder,
    told: Callable[[str], None],
) -> Permutation:
    """Run all of them, one model after the other.

    Args:
        trials: one for each model; each is loaded when its turn comes.
        told: called with the name of each picture once it is done.
    """
    rows: list[Row] = []
    masked = False
    for tried in trials:
        masked = tried.transform.removes
        for sample in samples:
            rows.append(_row(tried, sample, seeds, folder))
            told(sample.name)
    rows.sort(key=lambda row: (not row.flips, -row.brittleness, row.name, row.model))
    before = folder.revisions()
    found = Permutation(
        transform=transform,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        rows=tuple(rows),
        last_at=str(folder.last.get("at", "")),
        revised=tuple(
            sorted({row.model for row in rows if before.get(row.model, row.revision) != row.revision})
        ),
        drawn=sum(sample.mask_path is None for sample in samples) if masked else 0,
    )
    folder.close(found)
    return found


def _row(tried: Trial, sample: Sample, seeds: int, folder: Folder) -> Row:
    rgb = sample.rgb()
    mask = sample.mask(rgb) if tried.transform.removes else None
    files = [f"{tried.model.name}/{sample.name}.seed{seed}.png" for seed in range(seeds)]
    outputs: list[StepOutput] = []
    since: list[float] = []
    for seed, file in enumerate(files):
        drawn = seed_of(seed, sample.sha256(), tried.position)
        made = tried.run(sample.name, rgb, mask=mask, seed=drawn, facts=Facts(person_mask=True)).output
        last = folder.read(file)
        if last is not None:
            since.append(_difference(last, made.rgb, mask))
        folder.write(file, made.rgb)
        outputs.append(made)
    between = [_difference(one.rgb, other.rgb, mask) for one, other in combinations(outputs, 2)]
    verdicts = tuple(str(made.verdict) for made in outputs)
    before = folder.verdicts()
    return Row(
        model=tried.model.name,
        revision=tried.model.revision,
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
    for made in outputs:
        yield from made.reasons


def _difference(one: Rgb | None, other: Rgb | None, mask: Mask | None) -> float:
    """RMS in levels of 255 over the mask, over everything where there is none."""
    if one is None or other is None:
        return 0.0 if one is other else OTHER_SIZE
    if one.shape != other.shape:
        return OTHER_SIZE
    square = (one.astype(np.float32) - other.astype(np.float32)) ** 2
    where = mask > 0 if mask is not None and mask.shape == one.shape[:2] and mask.any() else np.s_[:, :]
    return float(np.sqrt(square[where].mean()))
