"""What a transform declares: name, queue and order rules; read from its file, without importing it.

The scheduler and the desk plan by declarations. The functions bring pixels, which these processes do without.
"""

import ast
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, fields
from pathlib import Path
from typing import Any

from line.errors import SluiceError
from line.facts import Facts
from models.task import Task
from tasks import needs
from worker.queues import Queue


class TransformError(SluiceError):
    """Raised when a transform is declared in a way that cannot work."""


@dataclass(frozen=True)
class Declaration:
    """A step of the line, as far as planning needs it.

    Attributes:
        name: the function's name, which is the file's, the recipe's and the task's.
        queue: where its tasks go.
        task: what its model must be able to do; None where it needs none (``model`` is None then).
        default_model: used where the recipe names none.
        needed: says from an image's facts and the parameters whether it needs this step; None = always.
        edits: whether it changes pixels, so that its verdict makes an image judged.
        removes / enlarges: for the order rule: nothing is removed after an enlargement.
        informs: whether its findings decide which later steps an image needs; a chain ends after it.
        delivers: whether its outcome is the published file.
    """

    name: str
    queue: str
    _: KW_ONLY
    task: Task | None = None
    default_model: str | None = None
    needed: Callable[..., bool] | None = None
    edits: bool = True
    removes: bool = False
    enlarges: bool = False
    informs: bool = False
    delivers: bool = False

    def is_needed(self, facts: Facts, params: dict[str, Any]) -> bool:
        """Whether an image with these facts needs this step."""
        return self.needed is None or self.needed(facts, **params)


_FIELDS = frozenset(field.name for field in fields(Declaration)) - {"name"}


def read(path: Path) -> Declaration | None:
    """The declaration in a transform's file; None where the file declares none.

    Raises:
        TransformError: a value can only be known by importing the file; names file, line and key.
    """
    for node in ast.parse(path.read_text("utf-8"), str(path)).body:
        for decorator in getattr(node, "decorator_list", ()):
            if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "transform":
                values = {
                    str(keyword.arg): _value(keyword.value, f"{path}:{keyword.lineno}: {keyword.arg}")
                    for keyword in decorator.keywords
                    if keyword.arg in _FIELDS
                }
                return Declaration(name=node.name, **values)  # type: ignore[attr-defined]
    return None


def _value(node: ast.expr, place: str) -> Any:
    """What an expression in a declaration stands for."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Attribute(value=ast.Name(id="Queue"), attr=name) if name in Queue.__members__:
            return str(Queue[name])
        case ast.Attribute(value=ast.Name(id="Task"), attr=name) if name in Task.__members__:
            return Task[name]
        case ast.Name(id=name) if callable(getattr(needs, name, None)):
            return getattr(needs, name)
    raise TransformError(
        f"{place} must be a constant, a member of Queue or Task, or a function of tasks.needs"
    )
