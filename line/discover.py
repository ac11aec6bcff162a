"""Finding the files of a package, so that adding one file is all there is to adding a part."""

import importlib
import pkgutil
from types import ModuleType


def submodules(package: str) -> list[str]:
    """Dotted names of a package's direct, public modules, sorted, without importing them."""
    paths = importlib.import_module(package).__path__
    return sorted(
        f"{package}.{module.name}"
        for module in pkgutil.iter_modules(paths)
        if not module.ispkg and not module.name.startswith("_")
    )


def load_all(package: str) -> list[ModuleType]:
    """Import each of :func:`submodules`."""
    return [importlib.import_module(name) for name in submodules(package)]
