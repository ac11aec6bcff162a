"""The one tree of errors that the line raises."""

from collections.abc import Sequence


class SluiceError(Exception):
    """Base of every error raised by the line itself."""


class InputError(SluiceError):
    """Raised when what a person gave (a file, an option, a recipe) cannot be used as it is."""


class RecipeError(InputError):
    """Raised when a recipe cannot be followed; names file, line and key.

    Args:
        message: what is wrong and how to mend it.
        path: the recipe's file, as the person named it.
        line: 1-based line in that file, where known.
        key: dotted key, such as ``steps[1].dilate``, where known.
        others: further errors of the same recipe.
    """

    def __init__(
        self,
        message: str,
        *,
        path: str = "",
        line: int | None = None,
        key: str = "",
        others: "tuple[RecipeError, ...]" = (),
    ):
        self.message, self.path, self.line, self.key, self.others = message, path, line, key, others
        place = ":".join(str(part) for part in (path, line) if part)
        here = ": ".join(part for part in (place, key, message) if part)
        super().__init__("\n".join([here, *map(str, others)]))

    @classmethod
    def of(cls, errors: "Sequence[RecipeError]") -> "RecipeError":
        """One error that lists all of ``errors`` (at least one), in the order of their lines."""
        flat = [single for error in errors for single in (error, *error.others)]
        first, *rest = sorted(flat, key=lambda error: error.line or 0)
        return cls(first.message, path=first.path, line=first.line, key=first.key, others=tuple(rest))


class SettingsError(InputError):
    """Raised when an environment variable or ``sluice.toml`` holds something unusable."""


class ModelError(SluiceError):
    """Raised when a model cannot be found, loaded or trusted; the message says how to mend it."""


class ServiceError(SluiceError):
    """Raised when a server the line needs (Postgres, Redis, the bucket) cannot be reached or started."""


class LeaseLostError(SluiceError):
    """Raised when a worker finds that its shard was given to another while it was working."""
