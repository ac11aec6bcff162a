"""The transforms there are: one for each public module of this package that declares one."""

import importlib
from collections.abc import Sequence
from functools import cache

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


def build(plugins: Sequence[str] = ()) -> TransformRegistry:
    """A registry of this package's transforms and of those that ``plugins`` (module names) bring."""
    registry = TransformRegistry()
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
def registry() -> TransformRegistry:
    """The transforms of this process."""
    return build(settings().plugins)
