"""Discovery of the modules of a package, so that a plug-in needs one new file only."""

import importlib
import pkgutil
from types import ModuleType


def submodules(package: str) -> list[str]:
    """Dotted names of a package's direct, public modules, sorted, without importing them."""
    return [name for name, is_package in _members(package) if not is_package]


def load_all(package: str) -> list[ModuleType]:
    """Import each of :func:`submodules`."""
    return [importlib.import_module(name) for name in submodules(package)]


def load_tree(package: str) -> list[ModuleType]:
    """Import the public modules of a package and of the packages inside it."""
    nested = [name for name, is_package in _members(package) if is_package]
    return load_all(package) + [module for name in nested for module in load_tree(name)]


def _members(package: str) -> list[tuple[str, bool]]:
    paths = importlib.import_module(package).__path__
    return sorted(
        (f"{package}.{module.name}", module.ispkg)
        for module in pkgutil.iter_modules(paths)
        if not module.name.startswith("_")
    )
