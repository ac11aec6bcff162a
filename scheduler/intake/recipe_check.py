"""Checks a recipe in a process of its own: that imports every gate and model, which the scheduler does without."""

import json
import subprocess
import sys
import time
from contextlib import suppress

from line.errors import InputError, ServiceError, SluiceError
from line.recipe import Recipe
from line.settings import load_settings
from tasks.context import Context

MAX_SECONDS = 300.0
"""Maximum time of one check on a busy machine (s)."""
AHEAD_SECONDS = 30.0
"""Time between the start, or a check ahead that failed, and a check ahead (s)."""


class RecipeCheck:
    """Shipped recipes by name; each is checked once, and a refused one again the next time."""

    command: tuple[str, ...] = (sys.executable, "-P", "-m", "scheduler.intake.recipe_check")

    def __init__(self) -> None:
        self._checked: dict[str, Recipe] = {}
        self._idle_since = time.monotonic()

    def load(self, name: str) -> Recipe:
        """The checked recipe of that name.

        Raises:
            InputError: there is none, or something in it is wrong; says what.
            ServiceError: the process did not end.
        """
        if name not in self._checked:
            self._checked[name] = self._check(name)
        return self._checked[name]

    def load_ahead(self, name: str) -> None:
        """Check a recipe while there is nothing to do, so that the first upload with it does not wait for that."""
        if name in self._checked or time.monotonic() - self._idle_since < AHEAD_SECONDS:
            return
        self._idle_since = time.monotonic()
        with suppress(SluiceError):  # it is said to the upload that names it
            self.load(name)

    def _check(self, name: str) -> Recipe:
        try:
            done = subprocess.run(
                [*self.command, name], stdout=subprocess.PIPE, text=True, check=False, timeout=MAX_SECONDS
            )
        except subprocess.TimeoutExpired:
            raise ServiceError(f"recipe {name} was not checked within {MAX_SECONDS:.0f} s") from None
        if done.returncode:
            raise ServiceError(f"recipe {name} cannot be checked: the check ended with {done.returncode}")
        answer = json.loads(done.stdout)
        if "error" in answer:
            raise InputError(answer["error"])
        return Recipe.model_validate(answer["recipe"], strict=False)


def main(name: str) -> None:
    """Print the checked recipe, or the sentence that refuses it, as JSON."""
    try:
        recipe = Context(load_settings()).recipe(name)
    except SluiceError as error:
        print(json.dumps({"error": str(error)}))  # noqa: T201 - the answer of this process
    else:
        print(json.dumps({"recipe": recipe.model_dump(mode="json")}))  # noqa: T201 - the answer of this process


if __name__ == "__main__":
    main(sys.argv[1])
