"""The contract of a check of the audit, the registry of checks, and the function that runs them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from line.errors import SluiceError
from line.plugins.discover import load_tree
from line.plugins.registry import Registry
from review.audit.subject import AuditedRecipe, Installation

Subject = TypeVar("Subject", AuditedRecipe, Installation)


class Level(StrEnum):
    """Weight of a red flag. A fatal one makes the command end with exit code 3."""

    FATAL = "fatal"
    WARNING = "warning"


class AuditError(SluiceError):
    """Raised when two checks have one name."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found at one place.

    Attributes:
        where: the place, such as ``steps[2] (upscale)``.
        sentence: what is there.
        remedy: what to do about it.
    """

    level: Level
    where: str
    sentence: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Check(Generic[Subject]):
    """One check.

    Attributes:
        name: snake_case, equal to the file's name.
        why: why its findings are red flags, one sentence.
        look: yields the findings of one subject.
    """

    name: str
    why: str
    look: Callable[[Subject], Iterable[Finding]]


class RecipeCheck(Check[AuditedRecipe]):
    """A check of a recipe."""


class InstallationCheck(Check[Installation]):
    """A check of an installation."""


@dataclass(frozen=True, slots=True)
class RedFlag:
    """A finding with the check that made it; ``subject`` is the recipe's name, or ``installation``."""

    check: str
    level: Level
    subject: str
    where: str
    sentence: str
    why: str
    remedy: str


class CheckRegistry(Registry[RecipeCheck | InstallationCheck]):
    """Checks by name."""

    kind = "check"
    error = AuditError

    def add(self, check: RecipeCheck | InstallationCheck) -> None:
        self.insert(check.name, check)


def build() -> CheckRegistry:
    """A new registry with the ``CHECK`` of every module in ``review.audit.checks``."""
    checks = CheckRegistry()
    for module in load_tree("review.audit.checks"):
        checks.add(module.CHECK)
    return checks


def audit(checks: CheckRegistry, subject: AuditedRecipe | Installation) -> list[RedFlag]:
    """Run the checks of a subject's kind; fatal red flags first."""
    flags = list(_run(checks, subject))
    return sorted(flags, key=lambda flag: flag.level is not Level.FATAL)


def _run(checks: CheckRegistry, subject: AuditedRecipe | Installation) -> Iterator[RedFlag]:
    for check in checks.items.values():
        findings: Iterable[Finding] = ()
        match check, subject:
            case RecipeCheck(), AuditedRecipe():
                findings = check.look(subject)
            case InstallationCheck(), Installation():
                findings = check.look(subject)
        for finding in findings:
            yield RedFlag(
                check=check.name,
                level=finding.level,
                subject=subject.name,
                where=finding.where,
                sentence=finding.sentence,
                why=check.why,
                remedy=finding.remedy,
            )
