"""The commands that the README, the docs and docstrings show."""

import ast
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.harness.project.packages import PRODUCT_PACKAGES

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = (*PRODUCT_PACKAGES, "training", "bench", "samples")
PROGRAM = re.compile(r"^(?:[A-Z_]+=\S+ )?(?:\S*/)?(sluice|celery|make|python) ")
ANYWHERE = re.compile(PROGRAM.pattern.replace("^", r"^\s*(?:[\"']{3})?", 1), re.MULTILINE)
"""The same in any line of a file, behind the quotes of a docstring too."""
PLACEHOLDERS = {"ID": "3", "BATCH": "1", "IMAGE": "17", "N": "2"}
"""What stands for a number in a command that is shown."""


@dataclass(frozen=True)
class Shown:
    """A command and where it is shown."""

    where: str
    text: str

    def __str__(self) -> str:
        return f"{self.where}: {self.text}"

    @property
    def words(self) -> list[str]:
        words = shlex.split(
            re.sub(r"[\[\]]", "", self.text), comments=True
        )  # [--option] is one that may be left out
        while re.match(r"[A-Z_]+=", words[0]):
            words.pop(0)
        return [PLACEHOLDERS.get(word, word) for word in words if word != "&"]

    @property
    def program(self) -> str:
        return Path(self.words[0]).name


@cache
def shown() -> tuple[Shown, ...]:
    """Every command, in the order of the files."""
    return tuple(_shown())


def _shown() -> Iterator[Shown]:
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", path.read_text("utf-8"), re.DOTALL):
            yield from commands(str(path.relative_to(ROOT)), block)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            for node in ast.walk(ast.parse(text if ANYWHERE.search(text) else "")):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield from commands(str(path.relative_to(ROOT)), ast.get_docstring(node) or "")


def commands(where: str, text: str) -> Iterator[Shown]:
    for line in text.replace("\\\n", " ").splitlines():
        if PROGRAM.match(line.strip()):
            yield Shown(where, line.strip())
