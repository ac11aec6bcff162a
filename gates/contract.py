"""The contract of a gate, the registry of gates, and the function that runs them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from gates.edit import Edit
from line.errors import SluiceError
from line.picture import FlagKind
from line.plugins.discover import load_tree
from line.plugins.registry import Registry

Measure: TypeAlias = Callable[[Edit], Mapping[str, float]]
Box: TypeAlias = tuple[int, int, int, int]
"""x, y, width, height in pixels of the picture after the edit."""


class GateError(SluiceError):
    """Raised when two gates claim one name or reading, or a limit names an unknown reading."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The range that a reading must stay in. Either end may be open; NaN is always outside.

    A limit that is open at both ends rejects nothing until a recipe sets an end.
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
    """One reading outside its limit."""

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
    """The result of all gates of one step for one image."""

    readings: Mapping[str, float]
    reasons: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.reasons

    @property
    def kind(self) -> FlagKind | None:
        """``ARTIFACT`` if any reason is one, else the kind of the reasons; None if there are no reasons."""
        kinds = {reason.kind for reason in self.reasons}
        return FlagKind.ARTIFACT if FlagKind.ARTIFACT in kinds else next(iter(kinds), None)


@dataclass(frozen=True, slots=True)
class Gate:
    """One check.

    Attributes:
        name: snake_case, equal to the file's name.
        transforms: names of the transforms that the gate judges.
        limits: default limits by reading. An open limit is recorded only, unless a recipe closes it. Readings
            without a limit are always recorded only.
        measure: computes the readings of one edit.
        kind: meaning of a reading outside its limit.
        where: locates the fault; called only if a reading is outside its limit.
    """

    name: str
    transforms: frozenset[str]
    limits: Mapping[str, Limit]
    measure: Measure
    kind: FlagKind = FlagKind.ARTIFACT
    where: Callable[[Edit], Box | None] | None = None


class GateRegistry(Registry[Gate]):
    """Gates by name; no two limit one reading."""

    kind = "gate"
    error = GateError

    @property
    def gates(self) -> dict[str, Gate]:
        return self.items

    def add(self, gate: Gate) -> Gate:
        taken = {
            reading for other in self.gates.values() if other.name != gate.name for reading in other.limits
        }
        if both := taken & set(gate.limits):
            raise GateError(f"{gate.name} claims readings of another gate: {sorted(both)}")
        self.insert(gate.name, gate)
        return gate

    def for_transform(self, transform: str) -> list[Gate]:
        return [gate for gate in self.gates.values() if transform in gate.transforms]


def build() -> GateRegistry:
    """A new registry with the ``GATE`` attribute of every module in ``gates.checks``."""
    gates = GateRegistry()
    for module in load_tree("gates.checks"):
        if gate := getattr(module, "GATE", None):
            gates.add(gate)
    return gates


@cache
def registry() -> GateRegistry:
    """The registry of this process: the gates of this package and those that plug-ins add."""
    return build()


def judge(
    edit: Edit, limits: Mapping[str, Limit] | None = None, *, gates: Iterable[Gate] | None = None
) -> Verdict:
    """Run the gates of ``edit.transform`` on one edit.

    Args:
        edit: the edit to judge.
        limits: limits of the recipe by reading; they replace the gates' defaults.
        gates: gates to run instead of the registered ones.

    Raises:
        GateError: a limit names a reading that no gate of this transform limits.
    """
    chosen = list(registry().for_transform(edit.transform) if gates is None else gates)
    overrides = dict(limits or {})
    if unknown := set(overrides) - {reading for gate in chosen for reading in gate.limits}:
        raise GateError(f"no gate of {edit.transform} limits {', '.join(sorted(unknown))}")
    readings: dict[str, float] = {}
    reasons: list[Reason] = []
    for gate in chosen:
        values = {name: float(value) for name, value in gate.measure(edit).items()}
        readings |= values
        for reading, default in gate.limits.items():
            if reading not in values:  # nothing to measure, e.g. no mask
                continue
            limit = overrides.get(reading, default)
            if not limit.holds(values[reading]):
                where = gate.where(edit) if gate.where else None
                reasons.append(Reason(gate.name, reading, values[reading], limit, gate.kind, where))
    return Verdict(readings, tuple(reasons))
