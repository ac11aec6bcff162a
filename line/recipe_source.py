"""The text of a recipe: TOML, what it extends, and the place of whatever is wrong in it."""

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from line.errors import RecipeError

Location = Sequence[str | int]
"""Keys and indices, such as ``["steps", 2, "dilate"]``."""

_MAX_DEPTH: Final = 5
_WORDS: Final[Mapping[str, str]] = {
    "missing": "is missing",
    "extra_forbidden": "is no key here",
    "int_type": "must be an integer",
    "int_from_float": "must be an integer",
    "float_type": "must be a number",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotes",
    "list_type": "must be a list in brackets",
    "tuple_type": "must be a list in brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "model_attributes_type": "must be a table",
    "greater_than_equal": "must be at least {ge}",
    "greater_than": "must be more than {gt}",
    "less_than_equal": "must be at most {le}",
    "less_than": "must be less than {lt}",
    "literal_error": "must be {expected}",
    "string_pattern_mismatch": "must have the form {pattern}",
    "string_too_short": "must not be empty",
    "too_short": "needs at least {min_length} entries",
    "too_long": "takes at most {max_length} entries",
    "value_error": "{error}",
}
"""What is wrong by pydantic's type of error, with the values of its context."""


@dataclass(frozen=True, slots=True)
class RecipeSource:
    """A recipe's text and what it says, with all that it extends.

    Attributes:
        body: the merged tables.
        own_steps: for each merged step its index in ``text``; None where it comes from what is extended.
    """

    text: str
    path: str
    body: dict[str, Any]
    own_steps: tuple[int | None, ...] = ()

    def error(self, location: Location, message: str) -> RecipeError:
        """A RecipeError at a place of the merged recipe, with the line of this text it stands on."""
        place = list(location)
        if len(place) > 1 and place[0] == "steps" and isinstance(place[1], int):
            at = place[1]
            index = self.own_steps[at] if at < len(self.own_steps) else at
            if index is None:
                return RecipeError(
                    message, path=self.path, line=_line_of(self.text, ["extends"]), key=_key(place)
                )
            place[1] = index
        return RecipeError(message, path=self.path, line=_line_of(self.text, place), key=_key(place))

    def errors(self, error: ValidationError, prefix: Location = (), note: str = "") -> list[RecipeError]:
        """One RecipeError for everything that a model refuses; ``note`` is appended to each."""
        return [
            self.error([*prefix, *(part for part in detail["loc"])], in_words(detail) + note)
            for detail in error.errors()
        ]


def read(text: str, path: str, locate: Callable[[str], Path]) -> RecipeSource:
    """Read a recipe's text and merge it into the recipe that it extends, if it names one.

    Args:
        locate: the file of a recipe by name or path.

    Raises:
        RecipeError: not TOML, or ``extends`` names nothing that can be extended.
    """
    body = _toml(text, path)
    if "extends" not in body:
        return RecipeSource(text, path, body, tuple(range(len(_steps(body)))))
    parent = _parent(text, path, body, locate)
    steps, indices = _merge_steps(_steps(parent), _steps(body))
    merged = _merge({k: v for k, v in parent.items() if k not in ("name", "steps")}, body)
    merged.pop("extends")
    return RecipeSource(text, path, merged | {"steps": steps}, indices)


def in_words(detail: ErrorDetails) -> str:
    """What is wrong, without a library's words."""
    pattern = _WORDS.get(detail["type"])
    if pattern is None:
        return detail["msg"]
    try:
        message = pattern.format(**detail.get("ctx", {}))
    except KeyError:
        return detail["msg"]
    is_shown = detail["type"] not in ("missing", "extra_forbidden", "value_error")
    value = detail["input"]
    return f"{message}, not {value!r}" if is_shown and isinstance(value, str | int | float) else message


def _toml(text: str, path: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        reason = re.sub(r"\s*\(at .*\)$", "", str(error))
        raise RecipeError(
            f"this is not TOML: {reason}", path=path, line=int(line[1]) if line else None
        ) from None


def _parent(text: str, path: str, body: dict[str, Any], locate: Callable[[str], Path]) -> dict[str, Any]:
    """The tables of what a recipe extends, with all that this extends in turn."""
    source = RecipeSource(text, path, body)
    visited: list[Path] = []
    chain: list[dict[str, Any]] = []
    name, folder = body["extends"], Path(path).parent
    while name is not None:
        if not isinstance(name, str):
            raise source.error(["extends"], "must be the name or the path of a recipe")
        beside = folder / name
        try:
            file = (beside if name.endswith(".toml") and beside.is_file() else locate(name)).resolve()
        except RecipeError as error:
            raise source.error(["extends"], error.message) from None
        if file in visited or len(visited) >= _MAX_DEPTH:
            raise source.error(
                ["extends"], f"{name} extends itself, or through more than {_MAX_DEPTH} recipes"
            )
        visited.append(file)
        chain.append(_toml(file.read_text("utf-8"), str(file)))
        name, folder = chain[-1].get("extends"), file.parent
    merged = chain.pop()
    for table in reversed(chain):
        steps, _ = _merge_steps(_steps(merged), _steps(table))
        merged = _merge(merged, table) | {"steps": steps}
    merged.pop("extends", None)
    return merged


def _steps(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = body.get("steps", [])
    return steps if isinstance(steps, list) and all(isinstance(step, dict) for step in steps) else []


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """``over`` laid on ``base``, table by table; lists and values are replaced."""
    merged = dict(base)
    for key, value in over.items():
        is_table = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merge(merged[key], value) if is_table else value
    return merged


def _merge_steps(
    base: list[dict[str, Any]], over: list[dict[str, Any]]
) -> tuple[list[dict[str, Any]], tuple[int | None, ...]]:
    """Steps by their transform: a known one is changed, ``remove = true`` leaves it out, a new one follows
    the step named before it (or stands before the last)."""
    merged: list[tuple[dict[str, Any], int | None]] = [(step, None) for step in base]
    at = max(len(merged) - 2, -1)
    for index, step in enumerate(over):
        same = [
            i for i, (other, index_in_text) in enumerate(merged)
            if index_in_text is None and other.get("transform") == step.get("transform")
        ]  # fmt: skip
        changes = {key: value for key, value in step.items() if key != "remove"}
        if same and step.get("remove") is True:
            at = same[0] - 1
            del merged[same[0]]
        elif same:
            at = same[0]
            merged[at] = (_merge(merged[at][0], changes), index)
        else:
            at += 1
            merged.insert(at, (step, index))
    return [step for step, _ in merged], tuple(index_in_text for _, index_in_text in merged)


def _key(location: Location) -> str:
    key = ""
    for part in location:
        key += f"[{part}]" if isinstance(part, int) else f".{part}" if key else part
    return key


def _line_of(text: str, location: Location) -> int | None:
    """1-based line of the key, or of the table it is missing from."""
    tables = [part for part in location if isinstance(part, str)]
    index = next((part for part in location if isinstance(part, int)), 0)
    current, count, best = "", {"steps": -1}, None
    for number, line in enumerate(text.splitlines(), 1):
        if header := re.match(r"\s*\[\[?\s*([\w.\-]+)\s*\]", line):
            current = header[1]
            if line.lstrip().startswith("[["):
                count[current] = count.get(current, -1) + 1
        here = count["steps"] == index if current.split(".")[0] == "steps" else True
        dotted = current.split(".") if current else []
        if not here or tables[: len(dotted)] != dotted:
            continue
        if header and dotted:
            best = number
        if len(tables) > len(dotted) and re.match(rf"\s*\"?{re.escape(tables[len(dotted)])}\"?\s*=", line):
            return number
    return best
