"""Models that a plug-in brings, without a file of its own."""

import sys
from types import ModuleType

import pytest

from models.contract import Model


def plug_in(monkeypatch: pytest.MonkeyPatch, *models: type[Model]) -> None:
    """Commands that this process runs have these models too."""
    module = ModuleType("plugged_in")
    module.MODELS = models  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("SLUICE_PLUGINS", f'["{module.__name__}"]')
