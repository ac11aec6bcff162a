"""The line under test as its own processes see it: the context of the settings in this process's environment."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from line.recipe import Recipe
from line.settings import Settings, load_settings
from models.contract import ModelRegistry
from records.database import Database
from records.storage.bucket import Bucket
from scheduler.decide import Decisions
from scheduler.delete_delivered import DeliveredFiles
from scheduler.intake.scan import Scan
from scheduler.intake.take import Intake
from tasks.context import Context
from tasks.registry import TransformRegistry

T = TypeVar("T")


_contexts: dict[Settings, Context] = {}
_settings: dict[frozenset[tuple[str, str]], Settings] = {}
"""Settings by the variables that they were read from: reading them takes longer than a transaction."""


def context() -> Context:
    """The context of the line under test, one for each set of settings."""
    current = settings()
    if current not in _contexts:
        _contexts[current] = Context(current)
    return _contexts[current]


def forget() -> None:
    """Close what the contexts hold: the environment changes."""
    for each in _contexts.values():
        each.close()
    _contexts.clear()


def settings() -> Settings:
    variables = frozenset(item for item in os.environ.items() if item[0].upper().startswith("SLUICE_"))
    if variables not in _settings:
        _settings[variables] = load_settings()
    return _settings[variables]


def database() -> Database:
    return context().database


def transact(work: Callable[[sa.Connection], T], *, actor: str = "", patience: float = 60.0) -> T:
    return database().transact(work, actor=actor, patience=patience)


def engine() -> sa.Engine:
    return database().engine


def bucket(url: str) -> Bucket:
    return context().buckets.at(url)


def registry() -> TransformRegistry:
    return context().transforms


def load(recipe: str) -> Recipe:
    return context().recipe(recipe)


def scratch() -> AbstractContextManager[str]:
    return context().scratch()


def decisions() -> Decisions:
    return Decisions(context())


def scan() -> Scan:
    """A scan of the ingest bucket, as a scheduler makes it."""
    return Scan(Intake.of(context()), settings().quiet_seconds)


def place(upload: Path, vendor: str, recipe: str, *, out: str | None) -> int:
    from review.cli.upload import place as place_upload

    return place_upload(context(), upload, vendor, recipe, out=out)


def weights_folder() -> Path:
    return settings().weights_folder


def models() -> ModelRegistry:
    """The models with the weights of the line under test."""
    return context().model_registry


def withdraw(batch_id: int | None = None) -> None:
    """Delete the delivered files that are due, as a scheduler does."""
    DeliveredFiles(context().database, context().buckets).withdraw(batch_id)
