"""The packages of the product, as the project installs them."""

import tomllib
from pathlib import Path

_PROJECT = Path(__file__).parents[3] / "pyproject.toml"
_INCLUDED = tomllib.loads(_PROJECT.read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]["include"]
PRODUCT_PACKAGES: tuple[str, ...] = tuple(pattern.removesuffix("*") for pattern in _INCLUDED)
