"""What the TAB key offers behind a verb: recipes, vendors, models and steps; batches and flagged images of a line.

A key press must be answered in a moment, so that nothing here imports a transform, a model, the settings or
SQLAlchemy. Whatever goes wrong, nothing is offered.
"""

import json
import os
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

_ROOT = Path(__file__).resolve().parents[2]

TRANSFORMS = ("admit", "deliver", "denoise", "erase_text", "find_text", "generate", "restore", "upscale")
"""Names of the transforms; a test holds them against the registry."""

BUILT_IN_MODELS = (
    "back_projection", "lanczos", "non_local_means", "plain_ground", "rapidocr", "surroundings", "telea"
)  # fmt: skip
"""Names of the models that need no catalog entry; a test holds them against the registry."""


def recipes(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shipped recipes, and files."""
    shipped = _starting((path.stem for path in _recipe_files()), incomplete)
    return shipped or [CompletionItem(incomplete, type="file")]


def steps(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Transforms of the project: one file each."""
    return _starting(TRANSFORMS, incomplete)


def models(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Built-in models and those of the catalog."""
    catalog = _toml(_ROOT / "models" / "weights" / "catalog.toml")
    return _starting(sorted({*BUILT_IN_MODELS, *catalog}), incomplete)


def several_models(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Models behind the last comma of ``A,B,…``."""
    before, comma, last = incomplete.rpartition(",")
    return [CompletionItem(f"{before}{comma}{item.value}") for item in models(context, parameter, last)]


def vendors(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Vendors that ``sluice.toml`` or the records name."""
    config = Path(os.environ.get("SLUICE_CONFIG", "sluice.toml"))
    named = _toml(config).get("vendors", {}) if config.is_file() else {}
    recorded = _recorded("vendors", incomplete)
    return _starting(named, incomplete) + [item for item in recorded if item.value not in named]


def batches(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """The newest batches of the line that is up."""
    return _recorded("batches", incomplete)


def flagged_images(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Flagged images of the newest batches."""
    return _recorded("flagged_images", incomplete)


def images(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Flagged and delivered images of the newest batches."""
    return _recorded("settled_images", incomplete)


def templates(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Vendor templates that nobody dismissed, the newest first."""
    return _recorded("templates", incomplete)


def troubles(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Numbers of the troubles that ``sluice status`` lists."""
    return _recorded("troubles", incomplete)


def _recorded(query: str, incomplete: str) -> list[CompletionItem]:
    try:
        url = _database_url()
        if not url:
            return []
        from records.queries import completion

        ask: Callable[[str, str], list[tuple[str, str]]] = getattr(completion, query)
        return [CompletionItem(value, help=text or None) for value, text in ask(url, incomplete)]
    except Exception:  # a shell in the middle of a line is no place for an error
        return []


def _database_url() -> str:
    """Of the settings, or of the line that is up in the state folder, as :mod:`stack.connection` finds it."""
    url = os.environ.get("SLUICE_DATABASE_URL", "")
    if not url:
        home = Path(os.environ.get("SLUICE_HOME", "~/.sluice")).expanduser()
        url = json.loads((home / "stack.json").read_text())["database_url"]
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


def _recipe_files() -> Iterator[Path]:
    yield from sorted((_ROOT / "line" / "recipes").glob("*.toml"))


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError):
        return {}


def _starting(values: Iterable[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(value) for value in values if value.startswith(incomplete)]
