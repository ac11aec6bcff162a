"""The transforms there are: one for each public module of this package that declares one."""

import importlib
from collections.abc import Sequence
from functools import cache

from line.discover import load_all
from line.errors import InputError
from line.settings import settings
from tasks.transform import Transform, TransformError


class Registry:
    """Transforms by name. A refused addition leaves it unchanged."""

    def __init__(self) -> None:
        self.transforms: dict[str, Transform] = {}

    def add(self, transform: Transform) -> Transform:
        if transform.name in self.transforms:
            raise TransformError(f"two transforms are named {transform.name}")
        self.transforms[transform.name] = transform
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


def build(plugins: Sequence[str] = ()) -> Registry:
    """A registry of this package's transforms and of those that ``plugins`` (module names) bring."""
    registry = Registry()
    modules = load_all("tasks") + [importlib.import_module(name) for name in plugins]
    for module in modules:
        for value in vars(module).values():
            if isinstance(value, Transform) and value.function.__module__ == module.__name__:
                registry.add(value)
    return registry


def task_name(transform: str) -> str:
    """What Celery and Flower call the task of a transform."""
    return f"sluice.{transform}"


@cache
def registry() -> Registry:
    """The transforms of this process."""
    return build(settings().plugins)
