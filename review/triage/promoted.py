"""Recipes as they run: with the candidate of a promoted rollout where it took the place of a step's model."""

from functools import partial

from line.recipe import Recipe
from records.rollouts.in_force import in_force
from records.rollouts.rollout import Rollout
from records.slots.contents import with_steps
from tasks.context import Context
from tasks.runner.candidate import with_model


class Promotions:
    """Which promoted candidates run now; each recipe is looked up once."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._by_recipe: dict[str, dict[int, Rollout]] = {}

    def of(self, recipe: Recipe) -> dict[int, Rollout]:
        """The rollouts whose candidates run in steps of a recipe, by position."""
        if recipe.digest not in self._by_recipe:
            self._by_recipe[recipe.digest] = {
                position: rollout
                for position, step in enumerate(recipe.steps)
                if step.model is not None
                and (rollout := self._promoted(step.transform, step.model, step.slot)) is not None
            }
        return self._by_recipe[recipe.digest]

    def _promoted(self, transform: str, model: str, slot: str | None) -> Rollout | None:
        look = partial(in_force, step=transform, model=model, slot=slot)
        return self._context.database.transact(look).promoted

    def applied(self, recipe: Recipe) -> Recipe:
        """The recipe with the models that its steps run."""
        promoted = self.of(recipe)
        if not promoted:
            return recipe
        steps = list(recipe.steps)
        for position, rollout in promoted.items():
            task = self._context.transforms.get(steps[position].transform).task
            if task is not None:
                steps[position] = with_model(
                    steps[position], rollout.candidate, task, self._context.model_registry
                )
        return with_steps(recipe, steps)
