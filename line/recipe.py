"""A recipe: the ordered steps of a batch with their models, parameters, limits and rules.

This module knows the form; ``tasks.recipes`` checks it against the transforms, models and gates there are.
"""

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from line.breaker import Rule
from line.errors import RecipeError
from line.recipe_source import RecipeSource, read

SHIPPED = Path(__file__).parent / "recipes"
SLOT_MARK = "@"
"""First character of a model's name that names a slot."""
SLOT_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class LimitTable(_Table):
    """``{ at_least = 0.9 }``, ``{ at_most = 3 }`` or both."""

    at_least: float | None = None
    at_most: float | None = None


class Prompt(_Table):
    """``[prompts.NAME]``: words for models that take them; steps name the template, code never does.

    Attributes:
        text: what is to be seen.
        avoid: what must not be seen (the negative prompt).
    """

    text: Annotated[str, Field(min_length=1)]
    avoid: str = ""


class Step(_Table):
    """One ``[[steps]]``: every key beside these is a parameter of the transform.

    Attributes:
        model: name of a model, or ``@`` and the name of a slot that has not been looked up yet.
        options: ``[steps.options]``, what the model itself is to be run with; ``prompt`` names a template.
        slot: name of the slot that ``model`` was taken from; a recipe file cannot set it.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    transform: str
    model: str | None = None
    limits: dict[str, LimitTable] = {}
    options: dict[str, Any] = {}
    slot: str | None = None

    @property
    def unfilled_slot(self) -> str | None:
        """Name of the slot that is to be looked up; None where the model is named."""
        return self.model.removeprefix(SLOT_MARK) if self.model and self.model.startswith(SLOT_MARK) else None

    @property
    def params(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


Range = Annotated[tuple[float, float], Field(strict=False)]
"""``[low, high]``: a line of ``[style]``, the allowed range of one figure of a picture's look."""


class BreakerTable(_Table):
    """``[breaker]``: when a batch halts, and how many images probe it afterwards."""

    threshold: Annotated[float, Field(ge=0, le=1)] = 0.15
    min_judged: Annotated[int, Field(ge=1)] = 40
    probe: Annotated[int, Field(ge=1)] = 8

    @property
    def rule(self) -> Rule:
        return Rule(self.threshold, self.min_judged)


class DispatchTable(_Table):
    """``[dispatch]``: how images travel together, and how many shards at once."""

    shard_images: Annotated[int, Field(ge=1, le=256)] = 8
    shard_megapixels: Annotated[float, Field(gt=0)] = 32.0
    window: Annotated[int, Field(ge=1, le=64)] = 2
    """Shards in flight per queue, as a multiple of the live workers on it."""


class Recipe(_Table):
    """A whole recipe. Two recipes with the same content have the same ``digest``."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    steps: Annotated[tuple[Step, ...], Field(min_length=2, strict=False)]
    breaker: BreakerTable = BreakerTable()
    dispatch: DispatchTable = DispatchTable()
    prompts: dict[str, Prompt] = {}
    style: dict[str, Range] = {}

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical JSON; without ``[style]`` or slots it is as it was before there were any."""
        body = self.model_dump(mode="json", exclude=None if self.style else {"style"})
        for step in body["steps"]:
            if step["slot"] is None:
                del step["slot"]
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def options_of(self, step: Step) -> dict[str, Any]:
        """The options of a step's model, its template's words in place of the template's name."""
        named = step.options.get("prompt")
        if not named:
            return step.options
        words = self.prompts[named]
        return step.options | {"prompt": words.text, "avoid": words.avoid}

    def position(self, transform: str) -> int | None:
        """Index of the first step of that transform."""
        return next((i for i, step in enumerate(self.steps) if step.transform == transform), None)


def seed_of(recipe_seed: int, sha256: str, position: int) -> int:
    """The seed of one image at one step: the same image and recipe give the same numbers, 0..2^63."""
    text = f"{recipe_seed}:{sha256}:{position}".encode()
    return int.from_bytes(hashlib.sha256(text).digest()[:8], "big") >> 1


def shipped() -> list[str]:
    """Names of the recipes that come with the line."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def locate(name_or_path: str) -> Path:
    """The file of a recipe given by name or path.

    Raises:
        RecipeError: there is none; lists what there is.
    """
    for path in (Path(name_or_path), SHIPPED / f"{name_or_path}.toml"):
        if path.suffix == ".toml" and path.is_file():
            return path
    names = ", ".join(shipped())
    raise RecipeError(f"no such recipe; give a .toml file or one of: {names}", path=name_or_path)


def parse(text: str, path: str = "") -> Recipe:
    """Read a recipe's form; see :func:`parse_source`."""
    return parse_source(read(text, path, locate))


def parse_source(source: RecipeSource) -> Recipe:
    """The recipe that a text and what it extends make together.

    Raises:
        RecipeError: keys are unknown, missing or of a wrong type; names line and key of each.
    """
    try:
        return Recipe.model_validate(source.body)
    except ValidationError as error:
        raise RecipeError.of(source.errors(error)) from None


def file_of(recipe: Recipe) -> str:
    """The extension of the files a recipe delivers, with its dot."""
    wished = recipe.steps[-1].params.get("format", "jpeg")
    return {"jpeg": ".jpg", "png": ".png", "webp": ".webp", "tiff": ".tif"}.get(str(wished), f".{wished}")
