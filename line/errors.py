"""Base classes of all errors that Sluice raises."""

from collections.abc import Sequence


class SluiceError(Exception):
    """Base of every error raised by Sluice itself."""


class InputError(SluiceError):
    """Raised when a file, an option or a recipe from a person is unusable."""


class RecipeError(InputError):
    """Raised when a recipe is invalid. The message has file, line and key.

    Args:
        message: the fault and how to correct it.
        path: path of the recipe's file, as given by the person.
        line: 1-based line in that file, if available.
        key: dotted key, such as ``steps[1].dilate``, if available.
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
    """Raised when an environment variable or ``sluice.toml`` has an unusable value."""


class ModelError(SluiceError):
    """Raised when a model does not exist, cannot be loaded, or fails its hash check. The message has the remedy."""


class ServiceError(SluiceError):
    """Raised when Postgres, Redis or the bucket cannot be reached or started."""


def unreachable(service: str, error: str, setting: str) -> ServiceError:
    """The error of a service that does not answer, in one line that says how to mend it.

    Args:
        error: text of the driver's error.
        setting: environment variable that has the service's address.
    """
    first = error.strip().splitlines()[0].rstrip(".") if error.strip() else "no answer"
    return ServiceError(f"{service} cannot be reached: {first}; start it, or correct {setting}")


class LeaseLostError(SluiceError):
    """Raised when a worker's shard was reassigned to another worker in the meantime."""
