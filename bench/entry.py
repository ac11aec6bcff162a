"""What every benchmark's command has in common: ``--json``, and ``--quick`` for a small sample in under a minute."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser whose help is the module's docstring."""
    return argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)


def parse(
    options: argparse.ArgumentParser, quick: dict[str, Any], words: Sequence[str] | None = None
) -> argparse.Namespace:
    """The options given; with ``--quick`` those in ``quick`` are the defaults."""
    small = ", ".join(f"{name}={value}" for name, value in quick.items())
    options.add_argument("--json", type=Path, help="write the figures to this file")
    options.add_argument("--quick", action="store_true", help=f"a small sample, in under a minute: {small}")
    if options.parse_known_args(words)[0].quick:
        options.set_defaults(**quick)
    return options.parse_args(words)


def write(path: Path | None, figures: object) -> None:
    """Write the figures as JSON, where a file was asked for."""
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
