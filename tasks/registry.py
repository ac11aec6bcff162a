"""The transforms there are: one for each public module of this package that declares one."""

import importlib
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, TypeVar

from line.errors import InputError
from line.plugins.discover import load_all, submodules
from line.plugins.registry import Registry
from line.recipe import Recipe
from tasks.declaration import Declaration, TransformError, read
from tasks.transform import Transform

Declared = TypeVar("Declared", bound=Declaration)

LEARN_TEMPLATES = "learn_templates"
"""Name of the task that learns vendor templates from a batch; it is no transform of a recipe."""
RESCAN_TEMPLATE = "rescan_template"
"""Name of the task that searches a vendor's photos for a template; it is no transform either."""

REPRODUCE_STEP = "reproduce_step"
"""Name of the task that runs a recorded step again, to compare the result with the record."""


class DeclarationRegistry(Registry[Declared]):
    """Declarations of transforms by name."""

    kind = "transform"
    error = TransformError

    @property
    def transforms(self) -> dict[str, Declared]:
        return self.items

    def add(self, transform: Declared) -> Declared:
        self.insert(transform.name, transform)
        return transform

    def get(self, name: str) -> Declared:
        """The transform called ``name``.

        Raises:
            InputError: there is none; lists those there are.
        """
        if name not in self.transforms:
            names = ", ".join(sorted(self.transforms))
            raise InputError(f"no transform is named {name!r}; there are: {names}")
        return self.transforms[name]

    def removing(self, recipe: Recipe) -> list[int]:
        """Positions of the steps that remove something by a mask."""
        return [i for i, step in enumerate(recipe.steps) if self.get(step.transform).removes]


class TransformRegistry(DeclarationRegistry[Transform]):
    """Transforms by name, with their functions."""


class PluginError(InputError):
    """Raised when a module that ``SLUICE_PLUGINS`` names cannot be used; says which, where and why."""


def build(plugins: Sequence[str] = ()) -> TransformRegistry:
    """A registry of this package's transforms and of those that ``plugins`` (module names) bring.

    Raises:
        PluginError: a plug-in cannot be imported, or brings a transform whose name is taken.
    """
    registry = TransformRegistry()
    for module in load_all("tasks"):
        for transform in _transforms_of(module):
            registry.add(transform)
    _add_plugins(plugins, registry)
    return registry


def build_declarations(plugins: Sequence[str] = ()) -> DeclarationRegistry[Declaration]:
    """The same without the functions: this package's files are read, and only the plug-ins imported."""
    registry = DeclarationRegistry[Declaration]()
    for name in submodules("tasks"):
        spec = find_spec(name)
        if spec is not None and spec.origin is not None and (declared := read(Path(spec.origin))):
            registry.add(declared)
    _add_plugins(plugins, registry)
    return registry


def plugin_models(plugins: Sequence[str]) -> list[Any]:
    """The models that plug-ins list in ``MODELS``.

    Raises:
        PluginError: one cannot be imported.
    """
    models: list[Any] = []
    for name in plugins:
        with _usable(name):
            models += getattr(importlib.import_module(name), "MODELS", ())
    return models


def _add_plugins(plugins: Sequence[str], registry: DeclarationRegistry[Any]) -> None:
    """Add the transforms that plug-ins bring.

    Raises:
        PluginError: one cannot be imported, or brings a transform whose name is taken.
    """
    for name in plugins:
        with _usable(name):
            for transform in _transforms_of(importlib.import_module(name)):
                registry.add(transform)


@contextmanager
def _usable(name: str) -> Iterator[None]:
    """Turn whatever a plug-in raises into one line that names it.

    Raises:
        PluginError: see there.
    """
    try:
        yield
    except (Exception, SystemExit) as error:  # whatever a stranger's module does when it is imported
        raise PluginError(
            f"SLUICE_PLUGINS: the plug-in {name} cannot be used: {_explained(error)}"
        ) from error


def _transforms_of(module: object) -> Iterator[Transform]:
    """Those that a module declares itself, not those it imports."""
    for value in vars(module).values():
        if isinstance(value, Transform) and value.function.__module__ == getattr(module, "__name__", ""):
            yield value


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
