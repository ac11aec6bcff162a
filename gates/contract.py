"""The contract of a gate, the registry of gates, and the one function that runs them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import TypeAlias

from gates.edit import Edit
from line.discover import load_tree
from line.errors import SluiceError
from line.picture import FlagKind

Measure: TypeAlias = Callable[[Edit], Mapping[str, float]]
Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture after the edit."""


class GateError(SluiceError):
    """Raised when two gates claim one name or reading, or a limit names an unknown reading."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The range a reading must stay in; either end may be open. NaN never passes.

    Open at both ends it decides nothing until a recipe says what the reading must be.
    """

    at_least: float | None = None
    at_most: float | None = None

    def holds(self, value: float) -> bool:
        above = self.at_least is None or value >= self.at_least
        below = self.at_most is None or value <= self.at_most
        return value == value and above and below

    def __str__(self) -> str:
        ends = (("≥", self.at_least), ("≤", self.at_most))
        return " and ".join(f"{sign} {end:g}" for sign, end in ends if end is not None) or "recorded only"

    @property
    def decides(self) -> bool:
        return self.at_least is not None or self.at_most is not None


@dataclass(frozen=True, slots=True)
class Reason:
    """One reading that broke its limit."""

    gate: str
    reading: str
    value: float
    limit: Limit
    kind: FlagKind
    where: Box | None = None

    @property
    def code(self) -> str:
        return f"{self.gate}.{self.reading}"

    def __str__(self) -> str:
        return f"{self.gate}: {self.reading} is {self.value:.4g}, must be {self.limit}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gates of one step say of one image."""

    readings: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.reasons

    @property
    def kind(self) -> FlagKind | None:
        """Artifact as soon as one reason is one; None when passed."""
        kinds = {reason.kind for reason in self.reasons}
        return FlagKind.ARTIFACT if FlagKind.ARTIFACT in kinds else next(iter(kinds), None)


@dataclass(frozen=True, slots=True)
class Gate:
    """One check.

    Attributes:
        name: snake_case, the file's name.
        transforms: names of the transforms it judges.
        limits: a default limit for each reading that decides, or that a recipe may make decide (an open one);
            other readings are only recorded.
        measure: computes the readings of one edit.
        where: says where the fault is, asked only when a limit broke.
        kind: what a broken limit means.
    """

    name: str
    transforms: frozenset[str]
    limits: Mapping[str, Limit]
    measure: Measure
    kind: FlagKind = FlagKind.ARTIFACT
    where: Callable[[Edit], Box | None] | None = None


@dataclass(slots=True)
class Registry:
    """Gates by name. A refused addition leaves it unchanged."""

    gates: dict[str, Gate] = field(default_factory=dict)

    def add(self, gate: Gate) -> Gate:
        if gate.name in self.gates:
            raise GateError(f"two gates are named {gate.name}")
        taken = {reading for other in self.gates.values() for reading in other.limits}
        if both := taken & set(gate.limits):
            raise GateError(f"{gate.name} claims readings of another gate: {sorted(both)}")
        self.gates[gate.name] = gate
        return gate

    def for_transform(self, transform: str) -> list[Gate]:
        return [gate for gate in self.gates.values() if transform in gate.transforms]


def build() -> Registry:
    """Every gate of this package: a module's attribute ``GATE``."""
    found = Registry()
    for module in load_tree("gates.checks"):
        if gate := getattr(module, "GATE", None):
            found.add(gate)
    return found


@cache
def registry() -> Registry:
    """The gates of this process: those of this package, and what plugins add."""
    return build()


def judge(
    edit: Edit, limits: Mapping[str, Limit] | None = None, *, gates: Iterable[Gate] | None = None
) -> Verdict:
    """Run the gates of ``edit.transform``, with the recipe's limits over the gates' own.

    Raises:
        GateError: a limit names a reading that no gate of this transform takes.
    """
    chosen = list(registry().for_transform(edit.transform) if gates is None else gates)
    wished = dict(limits or {})
    if unknown := set(wished) - {reading for gate in chosen for reading in gate.limits}:
        raise GateError(f"no gate of {edit.transform} limits {', '.join(sorted(unknown))}")
    readings: dict[str, float] = {}
    reasons: list[Reason] = []
    for gate in chosen:
        values = {name: float(value) for name, value in gate.measure(edit).items()}
        readings |= values
        for reading, default in gate.limits.items():
            if reading not in values:  # the gate had nothing to measure, e.g. no mask
                continue
            limit = wished.get(reading, default)
            if not limit.holds(values[reading]):
                where = gate.where(edit) if gate.where else None
                reasons.append(Reason(gate.name, reading, values[reading], limit, gate.kind, where))
    return Verdict(readings, tuple(reasons))
