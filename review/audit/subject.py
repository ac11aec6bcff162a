"""What is audited: a recipe with the parts that it names, and an installation with what it recorded."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gates.contract import GateRegistry
from line.errors import RecipeError
from line.recipe import Recipe, Step, locate, parse_source
from line.recipe_source import read
from models.contract import Model, ModelRegistry
from models.weights.manifest import Weights
from tasks.recipes import check
from tasks.registry import TransformRegistry
from tasks.transform import Transform
from worker.topology import Topology


@dataclass(frozen=True, slots=True)
class Parts:
    """The transforms, gates and models that a recipe may name, and the weights of models that have some."""

    transforms: TransformRegistry
    gates: GateRegistry
    models: ModelRegistry
    weights: Mapping[str, Weights]


@dataclass(frozen=True, slots=True)
class RecordedModels:
    """What the records tell of the models of recipes.

    Attributes:
        in_use: model by transform in the newest finished batch, by the recipe's name.
        proven: pairs (transform, model) that a rollout promoted, or that a recorded match did not find worse.
        slots: model that each slot holds, by its name.
    """

    in_use: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    proven: frozenset[tuple[str, str]] = frozenset()
    slots: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PlacedStep:
    """A step of a recipe with its place and what it names.

    Attributes:
        transform: None where no transform has the step's name.
        model: None where the step uses none, or one that does not exist or is for another task.
    """

    index: int
    step: Step
    transform: Transform | None
    model: type[Model] | None

    @property
    def where(self) -> str:
        return f"steps[{self.index}] ({self.step.transform})"


@dataclass(frozen=True)
class AuditedRecipe:
    """A recipe whose form is right, with all that the line would refuse in it.

    Attributes:
        faults: what makes the line refuse the recipe.
        shipped: the recipes that come with the line, for comparison.
    """

    recipe: Recipe
    faults: tuple[RecipeError, ...]
    parts: Parts
    shipped: tuple[Recipe, ...] = ()
    records: RecordedModels = RecordedModels()

    @property
    def name(self) -> str:
        return self.recipe.name

    def steps(self) -> Iterator[PlacedStep]:
        """The recipe's steps with the parts that they name."""
        for index, step in enumerate(self.recipe.steps):
            transform = self.parts.transforms.transforms.get(step.transform)
            model_name = step.model or (transform.default_model if transform else None)
            if step.unfilled_slot is not None:
                model_name = self.records.slots.get(step.unfilled_slot)
            model = self.parts.models.models.get(model_name or "")
            if model is not None and transform is not None and model.task is not transform.task:
                model = None  # the line refuses it; what is wrong with the model itself is beside the point
            yield PlacedStep(index, step, transform, model)

    def late_removals(self) -> list[tuple[PlacedStep, PlacedStep]]:
        """Each step that removes something after an enlargement, with the step that enlarges."""
        pairs: list[tuple[PlacedStep, PlacedStep]] = []
        enlarging: PlacedStep | None = None
        for placed in self.steps():
            if placed.transform and placed.transform.removes and enlarging:
                pairs.append((placed, enlarging))
            if placed.transform and placed.transform.enlarges:
                enlarging = placed
        return pairs


@dataclass(frozen=True, slots=True)
class Listener:
    """A program of this line that accepts connections from other machines."""

    program: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class RecordedFacts:
    """What the records of an installation tell.

    Attributes:
        decisions, nameless: moves of images by people in total, and those recorded without a person's name.
        unproven: slots that were switched without evidence, each with model and person.
        inputs, missing: kept inputs of recent steps that were looked for in the bucket, and keys not there.
    """

    decisions: int = 0
    nameless: int = 0
    inputs: int = 0
    missing: tuple[str, ...] = ()
    unproven: tuple[tuple[str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Installation:
    """This installation.

    Attributes:
        records: None where nothing is on record yet.
    """

    topology: Topology
    listeners: tuple[Listener, ...] = ()
    records: RecordedFacts | None = None

    @property
    def name(self) -> str:
        return "installation"


def audited(
    name_or_path: str, parts: Parts, shipped: tuple[Recipe, ...] = (), records: RecordedModels | None = None
) -> AuditedRecipe:
    """Read a recipe for the audit; unlike ``tasks.recipes.load`` it does not stop at what the line refuses.

    Raises:
        RecipeError: the recipe does not exist, or its form is wrong.
    """
    path = locate(name_or_path)
    text = Path(path).read_text("utf-8")
    recipe = parse_source(read(text, str(path), locate))
    faults: tuple[RecipeError, ...] = ()
    try:
        check(text, str(path), parts.transforms, parts.models)
    except RecipeError as error:
        faults = (error, *error.others)
    return AuditedRecipe(recipe, faults, parts, shipped, records or RecordedModels())
