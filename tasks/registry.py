"""The transforms there are: one for each public module of this package that declares one."""

import importlib
import traceback
from collections.abc import Sequence
from functools import cache
from types import ModuleType

from line.discover import load_all
from line.errors import InputError
from line.registry import Registry
from line.settings import settings
from tasks.transform import Transform, TransformError

LEARN_TEMPLATES = "learn_templates"
"""Name of the task that learns vendor templates from a batch; it is no transform of a recipe."""


class TransformRegistry(Registry[Transform]):
    """Transforms by name."""

    kind = "transform"
    error = TransformError

    @property
    def transforms(self) -> dict[str, Transform]:
        return self.items

    def add(self, transform: Transform) -> Transform:
        self.insert(transform.name, transform)
        return transform

    def get(self, name: str) -> Transform:
        """The transform called ``name``.

        Raises:
            InputError: there is none; lists those there are.
        """
        if name not in self.transforms:
            known = ", ".join(sorted(self.transforms))
            raise InputError(f"no transform is named {name!r}; there are: {known}")
        return self.transforms[name]


class PluginError(InputError):
    """Raised when a module that ``SLUICE_PLUGINS`` names cannot be used; says which, where and why."""


def build(plugins: Sequence[str] = ()) -> TransformRegistry:
    """A registry of this package's transforms and of those that ``plugins`` (module names) bring.

    Raises:
        PluginError: a plug-in cannot be imported, or brings a transform whose name is taken.
    """
    registry = TransformRegistry()
    for module in load_all("tasks"):
        _add_transforms(registry, module)
    for name in plugins:
        try:
            _add_transforms(registry, importlib.import_module(name))
        except (Exception, SystemExit) as error:  # whatever a stranger's module does when it is imported
            raise PluginError(
                f"SLUICE_PLUGINS: the plug-in {name} cannot be used: {_explained(error)}"
            ) from error
    return registry


def _add_transforms(registry: TransformRegistry, module: ModuleType) -> None:
    for value in vars(module).values():
        if isinstance(value, Transform) and value.function.__module__ == module.__name__:
            registry.add(value)


def _explained(error: BaseException) -> str:
    """The error in one line, with the file and line where it arose."""
    if isinstance(error, TransformError):
        return str(error)
    if isinstance(error, SyntaxError):
        return f"{error.msg} ({error.filename}, line {error.lineno})"
    sentence = f"{type(error).__name__}: {' '.join(str(error).split())}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    is_in_file = not frame.filename.startswith("<")  # else it was not found at all
    return f"{sentence} ({frame.filename}, line {frame.lineno})" if is_in_file else sentence


def task_name(transform: str) -> str:
    """What Celery and Flower call the task of a transform."""
    return f"sluice.{transform}"


@cache
def registry() -> TransformRegistry:
    """The transforms of this process."""
    return build(settings().plugins)
