"""Models that stay loaded in this process: loaded once, by name, in the child that runs tasks."""

from line.errors import ModelError
from line.settings import settings
from models.contract import Model, Task, registry
from worker.device import local

_loaded: dict[str, Model] = {}


def resident(name: str, task: Task) -> Model:
    """The loaded model of that name.

    Raises:
        ModelError: unknown, made for another task, or its weights are missing.
    """
    if name not in _loaded:
        kind = registry().get(name, task)
        if lack := kind.missing():
            raise ModelError(f"{name} is not ready: {lack}")
        model = kind(device=local(settings().device))
        model.load()
        _loaded[name] = model
    return _loaded[name]


def forget() -> None:
    """Drop every loaded model."""
    _loaded.clear()
